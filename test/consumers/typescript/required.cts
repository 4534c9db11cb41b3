import latchkey = require('latchkey')

const options: latchkey.Options = { userPoolId: 'eu-west-1_Ab12Cd34E', clientId: 'client' }

void latchkey.createAuth(options).call('GetUser', { AccessToken: 'token' })

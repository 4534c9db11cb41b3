// npm run pool -- [--port 9229] [--host 127.0.0.1] [--state FILE]: a user pool on this machine.
//
// The first line is JSON: where it is, what it is called, and the token for commands to POST /_pool. With
// --state the pool is read from a file, if there is one, and written there after every change.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createLocalPool } from 'latchkey/local'
import { listen } from 'latchkey/local/node'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string' },
    state: { type: 'string' },
  },
})
const port = Number(values.port)
if (!(/^\d+$/.test(values.port) && port < 65_536))
  throw new TypeError(`--port must be a number from 0 to 65535; got ${values.port}`)
// npm runs scripts in the package's folder; the path was meant from where it was typed.
const file = values.state && resolve(process.env.INIT_CWD ?? '.', values.state)

const pool = createLocalPool({
  state: file && existsSync(file) ? readFileSync(file, 'utf8') : undefined,
  pool: {
    AutoVerifiedAttributes: ['email'],
    EnabledMfas: ['SOFTWARE_TOKEN_MFA', 'SMS_MFA', 'EMAIL_OTP'],
    MfaConfiguration: 'OPTIONAL',
    Policies: {
      SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] },
    },
    WebAuthnConfiguration: { RelyingPartyId: 'localhost' },
  },
  client: {
    ExplicitAuthFlows: [
      'ALLOW_USER_SRP_AUTH',
      'ALLOW_USER_PASSWORD_AUTH',
      'ALLOW_USER_AUTH',
      'ALLOW_CUSTOM_AUTH',
      'ALLOW_REFRESH_TOKEN_AUTH',
    ],
    PreventUserExistenceErrors: 'ENABLED',
  },
})
await pool.ready()

let written
/** Whole or not at all: a pool that is killed while it writes is the one before. */
function save() {
  const state = pool.snapshot()
  if (!file || state === written) return
  writeFileSync(`${file}.new`, state, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  written = state
}
save()

const { endpoint, control } = await listen(pool, {
  port,
  host: values.host,
  control: true,
  onRequest: save,
})
const { userPoolId, clientId, region } = pool
console.log(JSON.stringify({ endpoint, userPoolId, clientId, region, control }))

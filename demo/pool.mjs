// npm run pool -- [--port 9229] [--host 127.0.0.1] [--allow-remote] [--state FILE]: a user pool on this
// machine.
//
// The first line is JSON: where it is, what it is called, and the token for commands to POST /_pool. With
// --state the pool is read from a file, if there is one, and written there a moment after every change and
// at the end.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers'
import { parseArgs } from 'node:util'
import { createLocalPool } from 'latchkey/local'
import { listen } from 'latchkey/local/node'

const usage = 'npm run pool -- [--port 9229] [--host 127.0.0.1] [--allow-remote] [--state FILE]'
// Writing takes as long as the pool is large: once for all that happens within so many milliseconds.
const delay = 200

const settings = {
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
}

/** What was typed, or a sentence about it. */
function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string' },
      'allow-remote': { type: 'boolean' },
      state: { type: 'string' },
    },
  })
  const port = Number(values.port)
  if (!(/^\d+$/.test(values.port) && port < 65_536))
    throw new TypeError(`--port must be a number from 0 to 65535; got ${values.port}`)
  // npm runs scripts in the package's folder; the path was meant from where it was typed.
  const file = values.state && resolve(process.env.INIT_CWD ?? '.', values.state)
  return { port, host: values.host, allowRemote: values['allow-remote'], file }
}

async function start({ file, ...where }) {
  let written = file && existsSync(file) ? readFileSync(file, 'utf8') : undefined
  const pool = createLocalPool({ state: written, ...settings })
  await pool.ready()

  /** Whole or not at all: a pool that is killed while it writes is the one before. */
  const save = () => {
    timer = undefined
    if (!file) return
    const state = pool.snapshot()
    if (state === written) return
    writeFileSync(`${file}.new`, state, { mode: 0o600 })
    renameSync(`${file}.new`, file)
    written = state
  }
  let timer
  const onRequest = () => {
    if (file) timer ??= setTimeout(save, delay)
  }
  const { endpoint, control } = await listen(pool, { ...where, control: true, onRequest })
  save()
  process.on('exit', save)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit())
  const { userPoolId, clientId, region } = pool
  console.log(JSON.stringify({ endpoint, userPoolId, clientId, region, control }))
}

try {
  await start(readArguments())
} catch (error) {
  console.error(`${error.message}\n${usage}`)
  process.exitCode = 1
}

// npm run bench:pool: how fast the local pool is, and what it costs. Run `npm run build` before.
//
// Sign-ins with a password, sign-ins with SRP and refreshes a second, over HTTP, one after the other, with
// cognito-local's password sign-ins beside them in the same rounds; what of each is arithmetic and what is
// signing tokens; the time until a pool can answer; the memory of 10,000 people.
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { build } from 'esbuild'
import { createLocalPool } from 'latchkey/local'
import { listen } from 'latchkey/local/node'
import { createKeyPair, passwordClaim } from 'latchkey/srp'

// A name that both take.
const username = 'ada@example.com'
const password = 'Correct-Horse7 battery!'
const rounds = 15

/** Milliseconds that some work takes. */
async function time(work) {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const median = (numbers) => [...numbers].sort((one, other) => one - other)[numbers.length >> 1]
const perSecond = (milliseconds) => (1000 / milliseconds).toFixed(0).padStart(6)

async function call(endpoint, operation, input) {
  const response = await globalThis.fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(input),
  })
  const output = await response.json()
  if (!response.ok) throw new Error(`${operation}: ${JSON.stringify(output)}`)
  return output
}

async function startOurs() {
  const pool = createLocalPool({
    client: {
      ExplicitAuthFlows: [
        ...['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      ],
    },
  })
  const startUp = await time(() => pool.ready())
  pool.users.create({ username, password })
  const { endpoint, close } = await listen(pool)
  return { pool, startUp, endpoint, clientId: pool.clientId, close }
}

/** The peer, as its own program. */
async function startTheirs() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address()
  await once(free.close(), 'close')
  const manifest = createRequire(import.meta.url).resolve('cognito-local/package.json')
  const program = spawn(process.execPath, [join(dirname(manifest), 'lib/bin/start.js')], {
    cwd: folder,
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1' },
    stdio: 'ignore',
  })
  const endpoint = `http://127.0.0.1:${port}/`
  const end = async () => {
    program.kill()
    if (program.exitCode === null) await once(program, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (let tries = 0; !(await globalThis.fetch(endpoint).catch(() => undefined)); tries++) {
      if (tries > 200 || program.exitCode !== null) throw new Error('cognito-local does not answer')
      await pause(50)
    }
    const sdk = new CognitoIdentityProviderClient({
      endpoint,
      region: 'local',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
    const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: 'bench' }))
    const UserPoolId = UserPool.Id
    const { UserPoolClient } = await sdk.send(
      new CreateUserPoolClientCommand({
        UserPoolId,
        ClientName: 'bench',
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
      }),
    )
    const of = { UserPoolId, Username: username }
    const UserAttributes = [{ Name: 'email', Value: username }]
    await sdk.send(new AdminCreateUserCommand({ ...of, UserAttributes, MessageAction: 'SUPPRESS' }))
    await sdk.send(new AdminSetUserPasswordCommand({ ...of, Password: password, Permanent: true }))
    return { endpoint, clientId: UserPoolClient.ClientId, end }
  } catch (error) {
    await end()
    throw error
  }
}

const signInWithPassword = ({ endpoint, clientId }) =>
  call(endpoint, 'InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: clientId,
    AuthParameters: { USERNAME: username, PASSWORD: password },
  })

/** The arithmetic of the client, and the rest of a sign-in with SRP, apart. */
async function signInWithSrp({ pool, endpoint, clientId }) {
  let keyPair
  let claim
  const random = webcrypto.getRandomValues(new Uint8Array(40))
  const first = await time(async () => (keyPair = await createKeyPair(random)))
  const start = performance.now()
  const begun = await call(endpoint, 'InitiateAuth', {
    AuthFlow: 'USER_SRP_AUTH',
    ClientId: clientId,
    AuthParameters: { USERNAME: username, SRP_A: keyPair.publicKey },
  })
  const asked = performance.now() - start
  const second = await time(async () => {
    claim = await passwordClaim({
      keyPair,
      challenge: begun.ChallengeParameters,
      userPoolId: pool.userPoolId,
      password,
      now: Date.now(),
    })
  })
  let tokens
  const answered = await time(async () => {
    tokens = await call(endpoint, 'RespondToAuthChallenge', {
      ChallengeName: 'PASSWORD_VERIFIER',
      ClientId: clientId,
      ChallengeResponses: claim,
    })
  })
  return {
    client: first + second,
    pool: asked + answered,
    refreshToken: tokens.AuthenticationResult.RefreshToken,
  }
}

const refresh = ({ endpoint, clientId }, token) =>
  call(endpoint, 'InitiateAuth', {
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    ClientId: clientId,
    AuthParameters: { REFRESH_TOKEN: token },
  })

/** What two tokens cost to sign, as the pool signs them: both at once. */
async function timeOfSignatures() {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const size = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }
  const { privateKey } = await webcrypto.subtle.generateKey({ ...algorithm, ...size }, false, [
    'sign',
    'verify',
  ])
  const sign = () => webcrypto.subtle.sign(algorithm, privateKey, new Uint8Array(900))
  const times = []
  for (let i = 0; i < 50; i++) times.push(await time(() => Promise.all([sign(), sign()])))
  return median(times)
}

/** What the powers of a password's check and of a proof's cost, by the functions that the pool calls. */
async function timeOfArithmetic() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/local/proofs.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  })
  const code = Buffer.from(outputFiles[0].contents).toString('base64')
  const proofs = await import(`data:text/javascript;base64,${code}`)
  const owner = { pool: 'pool', user: username }
  const kept = proofs.verifierOf(owner, password, new Uint8Array(16).fill(7))
  const random = (length) => webcrypto.getRandomValues(new Uint8Array(length))
  const { publicKey } = await createKeyPair(random(40))
  const samples = { password: [], srp: [] }
  for (let i = 0; i < 30; i++) {
    samples.password.push(await time(() => proofs.isPassword(owner, password, kept)))
    samples.srp.push(
      await time(() => {
        const open = proofs.askForProof(owner, kept.verifier, publicKey, random(40))
        proofs.isProof(open, { secretBlock: 'AAAA', signature: '', timestamp: '' })
      }),
    )
  }
  return { password: median(samples.password), srp: median(samples.srp), refresh: 0 }
}

const ours = await startOurs()
const theirs = await startTheirs()
const samples = { password: [], theirs: [], srp: [], client: [], ratio: [], refresh: [] }
for (let round = -3; round < rounds; round++) {
  const inOne = {
    password: await time(() => signInWithPassword(ours)),
    theirs: await time(() => signInWithPassword(theirs)),
  }
  const { client, pool, refreshToken } = await signInWithSrp(ours)
  const refreshing = await time(() => refresh(ours, refreshToken))
  // The first ones only warm up.
  if (round < 0) continue
  const taken = { ...inOne, srp: pool, client, ratio: pool / client, refresh: refreshing }
  for (const [name, value] of Object.entries(taken)) samples[name].push(value)
}
await theirs.end()
const signatures = await timeOfSignatures()
const arithmetic = await timeOfArithmetic()
const medians = Object.fromEntries(
  Object.entries(samples).map(([name, values]) => [name, median(values)]),
)

globalThis.gc?.()
const before = process.memoryUsage().heapUsed
const crowd = createLocalPool()
const people = 10_000
for (let i = 0; i < people; i++)
  crowd.users.create({ username: `person-${i}`, attributes: { email: `person-${i}@example.com` } })
globalThis.gc?.()
const bytes = process.memoryUsage().heapUsed - before

const share = (part, whole) => `${Math.min(100, Math.round((100 * part) / whole))} %`
console.log(`a second, one after the other, over HTTP (medians of ${rounds} rounds):`)
const rows = {
  password: 'password sign-ins',
  srp: 'SRP sign-ins, the pool’s share',
  refresh: 'refreshes',
}
for (const [name, title] of Object.entries(rows)) {
  const taken = medians[name]
  console.log(
    `${perSecond(taken)}  ${title}: ${taken.toFixed(2)} ms, of it arithmetic ` +
      `${share(arithmetic[name], taken)}, signatures ${share(signatures, taken)}`,
  )
}
console.log(
  `${perSecond(medians.theirs)}  password sign-ins of cognito-local: ${medians.theirs.toFixed(2)} ms; it keeps and compares passwords in the clear`,
)
console.log(`start-up (two RSA keys): ${ours.startUp.toFixed(0)} ms`)
console.log(`memory: ${(bytes / 1e6).toFixed(1)} MB for ${people} people`)
const most = 2.5
const good = medians.ratio <= most
console.log(
  `${good ? 'ok' : 'TOO SLOW'}  the pool’s share of an SRP sign-in over the client’s arithmetic: ` +
    `${medians.ratio.toFixed(2)}, at most ${most}`,
)
await ours.close()
process.exitCode = good ? 0 : 1

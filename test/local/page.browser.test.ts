import type { Server } from 'node:http'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Browser } from '../browser/browser.ts'
import { hasChromium, launchChromium } from '../browser/chromium.ts'
import { listen, portOf, strictPolicy } from '../browser/site.ts'
import { bundle } from '../bundle.ts'

// The pool where there is no Node: in a page under a strict policy, in its worker; and in a thread of
// Node's. Nothing is asked of any server.

const script = `
  import { createAuth, isAuthError } from './src/index.ts'
  import { createLocalPool } from './src/local/index.ts'
  import { createKeyPair, passwordClaim } from './src/srp/index.ts'

  async function signIn(pool, password) {
    const { userPoolId, clientId, fetch } = pool
    const auth = createAuth({ userPoolId, clientId, fetch })
    const keyPair = await createKeyPair(crypto.getRandomValues(new Uint8Array(128)))
    const { ChallengeParameters: challenge } = await auth.call('InitiateAuth', {
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: 'ada', SRP_A: keyPair.publicKey },
    })
    const now = auth.now()
    const claim = await passwordClaim({ keyPair, challenge, userPoolId, password, now })
    const { AuthenticationResult } = await auth.call('RespondToAuthChallenge', {
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: { ...claim },
    })
    const { AccessToken } = AuthenticationResult
    return (await auth.call('GetUser', { AccessToken })).Username
  }

  globalThis.report = async () => {
    const pool = createLocalPool()
    pool.users.create({ username: 'ada', password: 'Correct-Horse7' })
    const signedIn = await signIn(pool, 'Correct-Horse7')
    const refused = await signIn(pool, 'Wrong-Horse7').catch((error) =>
      isAuthError(error) ? error.code : String(error),
    )
    const restored = await signIn(createLocalPool({ state: pool.snapshot() }), 'Correct-Horse7')
    return { signedIn, refused, restored, requests: pool.requests.length }
  }`

const expected = { signedIn: 'ada', refused: 'wrong-credentials', restored: 'ada', requests: 5 }

describe.skipIf(!hasChromium())('in Chromium', () => {
  let site: Server
  let browser: Browser
  let asked: string[]

  beforeAll(async () => {
    const code = await bundle(script)
    const ofWorker = `${code}; onmessage = () => report().then(postMessage)`
    const ofPage = `${code}
      globalThis.reportOfWorker = () => new Promise((resolve, reject) => {
        const worker = new Worker('/worker.js')
        worker.onmessage = ({ data }) => resolve(data)
        worker.onerror = ({ message }) => reject(new Error(message))
        worker.postMessage('go')
      })`
    const scripts: Record<string, string> = { '/script.js': ofPage, '/worker.js': ofWorker }
    asked = []
    site = await listen((request, response) => {
      asked.push(request.url!)
      const code = scripts[request.url!]
      // Whatever it wants to connect to, the page and its worker may not.
      const strict = strictPolicy("'none'")
      // A page with trusted types starts no worker from an address, and this one is asked to.
      const starting = `${strict.replace(/; require-trusted-types.*/, '')}; worker-src 'self'`
      const policy = request.url === '/starts-worker' ? starting : strict
      response.writeHead(200, {
        'content-type': code === undefined ? 'text/html' : 'text/javascript',
        'content-security-policy': policy,
      })
      response.end(code ?? '<!doctype html><title>page</title><script src="/script.js"></script>')
    })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    site.close()
  })

  test.each([
    ['', 'report()'],
    ['starts-worker', 'reportOfWorker()'],
  ])('people sign in: /%s %s', async (path, expression) => {
    const page = await browser.newPage()
    await page.goto(`http://localhost:${portOf(site)}/${path}`)
    expect(await page.evaluate(expression)).toEqual(expected)
    expect(
      asked.filter((path) => !/^\/(script\.js|worker\.js|starts-worker|favicon\.ico)?$/.test(path)),
    ).toEqual([])
  })
})

test('in a thread of Node’s people sign in', async () => {
  const code = await bundle(script)
  const worker = new Worker(
    `${code}; report().then((value) => require('node:worker_threads').parentPort.postMessage(value))`,
    { eval: true },
  )
  const [reported] = (await once(worker, 'message')) as [unknown]
  await worker.terminate()
  expect(reported).toEqual(expected)
})

test('no module of Node’s, and nothing but our own and @noble’s, is in it', async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/local/index.ts', import.meta.url))],
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    ...{ bundle: true, platform: 'browser', format: 'esm', write: false, metafile: true },
  })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs).toContain('src/local/pool.ts')
  const others = inputs.filter(
    (path) => !path.startsWith('src/') && !path.includes('node_modules/@noble/hashes/'),
  )
  expect(others).toEqual([])
  const imports = Object.values(metafile.outputs).flatMap(({ imports }) => imports)
  expect(imports).toEqual([])
  expect(inputs).not.toContain('src/local/node.ts')
})

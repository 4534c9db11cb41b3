import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createAuth } from '../../src/index.ts'
import { failureOf } from '../wire/fakes.ts'

// `npm run pool` as it is started from a shell, with the built package, in a process of its own that is
// killed without a warning.

const root = fileURLToPath(new URL('../..', import.meta.url))
const password = 'Correct-Horse7'

let folder: string

beforeAll(() => {
  if (!existsSync(join(root, 'dist/local/node.js')))
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'ignore' })
  folder = mkdtempSync(join(tmpdir(), 'latchkey-pool-'))
}, 120_000)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** What the first line tells. */
interface Place {
  readonly endpoint: string
  readonly userPoolId: string
  readonly clientId: string
  readonly region: string
  readonly control: string
}

interface Running extends Place {
  readonly child: ChildProcess
  /** Everything that was printed, a line each. */
  readonly lines: readonly string[]
  kill(): Promise<void>
}

const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [join(root, 'demo/pool.mjs'), ...args], {
    env: { ...process.env, INIT_CWD: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })

async function run(...args: string[]): Promise<Running> {
  const child = start(...args)
  const exit = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await exit
  }
  onTestFinished(kill)
  const lines: string[] = []
  const printed = createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line))
  await Promise.race([once(printed, 'line'), exit])
  return { ...(JSON.parse(lines[0]!) as Place), child, lines, kill }
}

/** What a process that gives up has said. */
async function complaintOf(...args: string[]): Promise<{ code: number; text: string }> {
  const child = start(...args)
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let text = ''
  child.stderr!.on('data', (piece: Buffer) => (text += piece.toString()))
  child.stdout!.on('data', (piece: Buffer) => (text += piece.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, text }
}

async function command<Reply>({ endpoint, control }: Place, given: object): Promise<Reply> {
  const response = await fetch(`${endpoint}_pool`, {
    method: 'POST',
    headers: { authorization: `Bearer ${control}` },
    body: JSON.stringify(given),
  })
  return (await response.json()) as Reply
}

const authOf = ({ endpoint, userPoolId, clientId }: Place) =>
  createAuth({ endpoint, userPoolId, clientId })

const signIn = async (place: Place) => {
  const { AuthenticationResult } = await authOf(place).call('InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'ada', PASSWORD: password },
  })
  return AuthenticationResult as Required<NonNullable<typeof AuthenticationResult>>
}

const signUp = async (place: Place, Username: string) => {
  const auth = authOf(place)
  const UserAttributes = [{ Name: 'email', Value: `${Username}@example.com` }]
  await auth.call('SignUp', { Username, Password: password, UserAttributes })
  const [{ code }] = await command<[{ code: string }]>(place, {
    ...{ do: 'outbox', wanted: { username: Username } },
  })
  await auth.call('ConfirmSignUp', { Username, ConfirmationCode: code })
}

describe('the script', () => {
  test('says in its first line where it is, in JSON, and nothing else', async () => {
    const { lines, endpoint } = await run('--port', '0')
    const place = JSON.parse(lines[0]!) as Record<string, string>
    expect(place).toEqual({
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/) as unknown,
      userPoolId: expect.stringMatching(/^us-east-1_[\da-z]{9}$/) as unknown,
      clientId: expect.stringMatching(/^[\da-z]{26}$/) as unknown,
      region: 'us-east-1',
      control: expect.stringMatching(/^[\w-]{32}$/) as unknown,
    })
    expect((await fetch(endpoint, { method: 'POST' })).status).toBe(400)
    expect(lines).toHaveLength(1)
  })

  test('without a file keeps nothing', async () => {
    const before = readdirSync(folder)
    const running = await run()
    await signUp(running, 'ada')
    await signIn(running)
    await running.kill()
    expect(readdirSync(folder)).toEqual(before)
  })

  test('that was killed goes on where it was', { timeout: 60_000 }, async () => {
    const first = await run('--port', '0', '--state', 'pool.json')
    const file = join(folder, 'pool.json')
    await signUp(first, 'ada')
    const before = await signIn(first)
    await pause(1_000)
    await first.kill()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(existsSync(`${file}.new`)).toBe(false)
    expect(readFileSync(file, 'utf8')).not.toContain(password)

    const second = await run('--port', '0', '--state', 'pool.json')
    const { userPoolId, clientId, region } = first
    expect(second).toMatchObject({ userPoolId, clientId, region })
    // Who has read the old line has no say any more.
    expect(second.control).not.toBe(first.control)
    const people = await command<{ username: string; status: string }[]>(second, { do: 'users' })
    expect(people).toMatchObject([{ username: 'ada', status: 'CONFIRMED' }])

    const auth = authOf(second)
    const { AccessToken } = before
    expect(await auth.call('GetUser', { AccessToken })).toMatchObject({ Username: 'ada' })
    const refreshed = await auth.call('GetTokensFromRefreshToken', {
      RefreshToken: before.RefreshToken,
    })
    const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: null })
    const keys = await fetch(`${second.endpoint}${userPoolId}/.well-known/jwks.json`)
    verifier.cacheJwks((await keys.json()) as { keys: [] })
    for (const token of [AccessToken, before.IdToken, refreshed.AuthenticationResult!.AccessToken!])
      await verifier.verify(token)
    await signIn(second)
  })

  test('that is killed in the middle of its work has a whole file', async () => {
    const file = join(folder, 'busy.json')
    const running = await run('--state', file)
    let confirmed = 0
    const busy = Array.from({ length: 4 }, async (_, lane) => {
      for (let i = 0; ; i++) {
        await signUp(running, `person-${lane}-${i}`)
        confirmed++
      }
    }).map(failureOf)
    while (confirmed < 8) await pause(5)
    const before = confirmed
    // It writes in the meantime, and goes on working.
    await pause(800)
    await running.kill()
    await Promise.all(busy)
    expect(() => JSON.parse(readFileSync(file, 'utf8')) as unknown).not.toThrow()
    const after = await run('--state', file)
    const people = await command<{ status: string }[]>(after, { do: 'users' })
    const there = people.filter(({ status }) => status === 'CONFIRMED').length
    expect(there).toBeGreaterThanOrEqual(before)
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'that is ended by %s has written everything, what it sent too',
    async (signal) => {
      const file = join(folder, `${signal}.json`)
      const running = await run('--state', file)
      await signUp(running, 'ada')
      running.child.kill(signal)
      expect(await once(running.child, 'exit')).toEqual([0, null])
      const after = await run('--state', file)
      expect(await command(after, { do: 'users' })).toMatchObject([{ status: 'CONFIRMED' }])
      expect(await command(after, { do: 'outbox' })).toMatchObject([{ purpose: 'signUp' }])
      expect(existsSync(`${file}.new`)).toBe(false)
    },
  )

  test('writes once for much that happens, and not where nothing changes', async () => {
    const file = join(folder, 'counted.json')
    const running = await run('--state', file)
    let writes = 0
    const watcher = watch(folder, (_, name) => {
      if (name === 'counted.json') writes++
    })
    onTestFinished(() => {
      watcher.close()
    })
    for (let i = 0; i < 40; i++) await command(running, { do: 'clock' })
    await fetch(`${running.endpoint}${running.userPoolId}/.well-known/jwks.json`)
    await failureOf(authOf(running).call('GetUser', { AccessToken: 'x' }))
    await pause(500)
    expect(writes).toBe(0)
    const startedAt = performance.now()
    for (let i = 0; i < 40; i++) await command(running, { do: 'clock', advance: 1 })
    const took = performance.now() - startedAt
    await pause(500)
    expect(writes).toBeGreaterThan(0)
    // Some systems tell of one write twice.
    expect(writes).toBeLessThanOrEqual(2 * (took / 200 + 1))
  })

  test.each(['x', '-1', '65536', '1.5', ''])('says that %j is no port', async (port) => {
    const { code, text } = await complaintOf(`--port=${port}`)
    expect(code).toBe(1)
    expect(text).toContain(`--port must be a number from 0 to 65535; got ${port}`)
  })

  test('listens where others can reach it only when it is told twice', async () => {
    const { endpoint } = await run('--host', '0.0.0.0', '--allow-remote')
    const { port } = new URL(endpoint)
    expect(endpoint).toBe(`http://0.0.0.0:${port}/`)
    expect((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' })).status).toBe(400)
  })

  test.each([
    [['--prot', '1'], "Unknown option '--prot'"],
    [['--allow-remote=yes'], "'--allow-remote' does not take an argument"],
    [['--state'], "'--state <value>' argument missing"],
    [['9229'], "Unexpected argument '9229'"],
  ])('says in a sentence that %j is nothing, and what there is', async (args, sentence) => {
    const { code, text } = await complaintOf(...args)
    expect(code).toBe(1)
    expect(text).toContain(sentence)
    expect(text).toContain('[--port 9229] [--host 127.0.0.1] [--allow-remote] [--state FILE]')
    expect(text).not.toMatch(/\n\s+at /)
  })

  test('says that a host is not this machine, a port is taken', async () => {
    expect(await complaintOf('--host', '0.0.0.0')).toMatchObject({
      ...{ code: 1, text: expect.stringContaining('"host" must be this machine') as unknown },
    })
    const { endpoint } = await run()
    const { code, text } = await complaintOf('--port', new URL(endpoint).port)
    expect({ code, text }).toMatchObject({ code: 1 })
    expect(text).toContain('EADDRINUSE')
  })

  test('does not overwrite a file that it cannot read', async () => {
    const file = join(folder, 'notes.txt')
    writeFileSync(file, 'not a pool')
    expect((await complaintOf('--state', file)).code).toBe(1)
    expect(readFileSync(file, 'utf8')).toBe('not a pool')
    writeFileSync(file, '{"mine":true}')
    expect((await complaintOf('--state', file)).code).toBe(1)
    expect(readFileSync(file, 'utf8')).toBe('{"mine":true}')
  })
})

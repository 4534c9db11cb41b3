import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAuth } from '../../src/index.ts'
import { createLocalPool } from '../../src/local/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { listen } from '../../src/local/node.ts'
import type { ListenOptions, Listening } from '../../src/local/node.ts'
import { failureOf } from '../wire/fakes.ts'
import { newPool, password, send, signIn } from './raw.ts'

// The pool as a server: who can reach it, and what it does for whom.

interface Open extends Listening {
  readonly pool: LocalPool
}

async function open(
  options: ListenOptions = {},
  poolOptions: Parameters<typeof newPool>[0] = {},
): Promise<Open> {
  const pool = await newPool(poolOptions)
  const listening = await listen(pool, options)
  onTestFinished(() => listening.close())
  return { ...listening, pool }
}

const ask = ({ endpoint }: Listening, operation: string, input: object, path = '') =>
  fetch(`${endpoint}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(input),
  })

describe('listening', () => {
  test.each([
    [{ port: '80' }, '"port" must be number from 0 to 65535; got string'],
    [{ port: 65_536 }, '"port" must be number from 0 to 65535; got another'],
    [{ port: 1.5 }, '"port" must be a whole number; got another'],
    [{ host: 7 }, '"host" must be string; got number'],
    [{ host: null }, '"host" must be string; got nothing'],
    [{ allowRemote: 'yes' }, '"allowRemote" must be boolean; got string'],
    [{ control: 1 }, '"control" must be boolean; got number'],
    [{ onRequest: {} }, '"onRequest" must be function; got object'],
    [{ prot: 80 }, '"prot" must be undefined: no such option; got number'],
    [9229, '"option" must be object; got number'],
  ])('is refused with %j', async (options, sentence) => {
    const pool = await newPool()
    expect(await failureOf(listen(pool, options as ListenOptions))).toMatchObject({
      ...{ name: 'TypeError', message: `latchkey: ${sentence}` },
    })
  })

  test.each(['0.0.0.0', '::', '192.168.1.1', 'example.com', '127.0.0.1.example.com', '1::1', ''])(
    'is refused on %j, which others could reach',
    async (host) => {
      const pool = await newPool()
      expect(await failureOf(listen(pool, { host }))).toMatchObject({
        name: 'TypeError',
        message:
          'latchkey: "host" must be this machine, such as 127.0.0.1, or come with allowRemote; got another',
      })
    },
  )

  test('is done there where that is allowed', async () => {
    const server = await open({ host: '0.0.0.0', allowRemote: true })
    const response = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST' })
    expect(response.status).toBe(400)
  })

  test.each(['127.0.0.1', '127.0.0.2', 'localhost'])('is done on %s', async (host) => {
    const server = await open({ host })
    expect(server.endpoint).toBe(`http://${host}:${server.port}/`)
    expect((await ask(server, 'GetUser', {})).status).toBe(400)
    const { userPoolId, clientId } = server.pool
    expect(() => createAuth({ userPoolId, clientId, endpoint: server.endpoint })).not.toThrow()
  })

  test('has brackets around an address of the longer kind', async () => {
    // Some machines do not have that kind.
    const probe = createServer().listen(0, '::1')
    const isThere = await Promise.race([
      once(probe, 'listening').then(() => true),
      new Promise<boolean>((resolve) =>
        probe.once('error', () => {
          resolve(false)
        }),
      ),
    ])
    probe.close()
    if (!isThere) return
    const server = await open({ host: '::1' })
    expect(server.endpoint).toBe(`http://[::1]:${server.port}/`)
    expect((await ask(server, 'GetUser', {})).status).toBe(400)
  })

  test('takes the port that it is told, and says so where that is taken', async () => {
    const { port } = await open()
    expect(await failureOf(open({ port }))).toMatchObject({ code: 'EADDRINUSE' })
  })

  test('ends with every connection, and lets the port go', async () => {
    const first = await listen(await newPool())
    const { port } = first
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const ended = once(socket, 'close')
    await first.close()
    await ended
    const again = await listen(await newPool(), { port })
    await again.close()
  })

  test('tells after every request', async () => {
    let count = 0
    const server = await open({ onRequest: () => count++ })
    await ask(server, 'GetUser', {})
    await fetch(server.endpoint)
    expect(count).toBe(2)
  })
})

describe('a request', () => {
  test('is answered as by fetch', async () => {
    const server = await open()
    server.pool.users.create({ username: 'ada', password })
    const { userPoolId, clientId } = server.pool
    const auth = createAuth({ userPoolId, clientId, endpoint: server.endpoint })
    const { AuthenticationResult } = await auth.call('InitiateAuth', {
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ada', PASSWORD: password },
    })
    const { AccessToken } = AuthenticationResult!
    expect(await auth.call('GetUser', { AccessToken: AccessToken! })).toMatchObject({
      Username: 'ada',
    })
    const response = await ask(server, 'DeleteUser', { AccessToken })
    expect(response.headers.get('content-length')).toBe('0')
    expect(response.status).toBe(200)
  })

  test('says how long its answer is in bytes', async () => {
    const server = await open()
    const username = 'Åsa 🗝'
    server.pool.users.create({ username, password, attributes: { name: 'Åsa 🗝' } })
    const { AccessToken } = await signIn(server.pool, username)
    const response = await ask(server, 'GetUser', { AccessToken })
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(response.headers.get('content-length')).toBe(String(bytes.length))
    expect(bytes.toString()).toContain('Åsa 🗝')
  })

  test('that comes in pieces is put together, in the middle of a letter too', async () => {
    const server = await open()
    server.pool.users.create({ username: 'Åsa', password })
    const body = Buffer.from(
      JSON.stringify({
        ...{ ClientId: server.pool.clientId, AuthFlow: 'USER_PASSWORD_AUTH' },
        AuthParameters: { USERNAME: 'Åsa', PASSWORD: password },
      }),
    )
    const middle = body.indexOf('Å') + 1
    async function* pieces() {
      yield body.subarray(0, middle)
      await new Promise((resolve) => setTimeout(resolve, 20))
      yield body.subarray(middle)
    }
    const response = await fetch(server.endpoint, {
      ...{ method: 'POST', duplex: 'half', body: ReadableStream.from(pieces()) },
      headers: { 'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth' },
    })
    expect(await response.json()).toHaveProperty('AuthenticationResult')
  })

  test.each([1_000_001, 5_000_000])('of %i bytes is too long', async (length) => {
    const server = await open({ control: true })
    const headers = { authorization: `Bearer ${server.control!}` }
    const body = 'x'.repeat(length)
    for (const path of ['', '_pool']) {
      const response = await fetch(`${server.endpoint}${path}`, { method: 'POST', headers, body })
      expect(response.status).toBe(413)
      expect(await response.text()).toBe('')
    }
    expect(server.pool.requests).toEqual([])
    expect((await ask(server, 'GetUser', {})).status).toBe(400)
  })

  test('that breaks off does no harm', async () => {
    const server = await open()
    const socket = connect(server.port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{')
    await new Promise((resolve) => setTimeout(resolve, 30))
    socket.destroy()
    await once(socket, 'close')
    expect((await ask(server, 'GetUser', {})).status).toBe(400)
    expect(server.pool.requests).toHaveLength(1)
  })

  test('before another has the headers of a page allowed', async () => {
    const server = await open({ control: true })
    const wanted = 'authorization,content-type,x-amz-target'
    for (const path of ['', '_pool']) {
      const response = await fetch(`${server.endpoint}${path}`, {
        method: 'OPTIONS',
        headers: {
          ...{ origin: 'https://app.example.com', 'access-control-request-method': 'POST' },
          'access-control-request-headers': wanted,
        },
      })
      expect(response.status).toBe(200)
      const of = (name: string) => response.headers.get(`access-control-${name}`)
      expect(of('allow-origin')).toBe('*')
      expect(of('allow-headers')).toBe(wanted)
      expect(of('allow-methods')).toContain('POST')
      expect(of('max-age')).toBe('172800')
      expect(of('allow-credentials')).toBeNull()
    }
  })

  test.each(['', '_pool', 'other'])('by GET to /%s finds nothing', async (path) => {
    const server = await open({ control: true })
    expect((await fetch(`${server.endpoint}${path}`)).status).toBe(404)
  })
})

describe('what goes wrong inside', () => {
  /** The bytes of a request's own id are drawn all the same. */
  const random = (length: number): Uint8Array => {
    if (length !== 16) throw new Error('a detail')
    return new Uint8Array(length)
  }
  const internal = { __type: 'InternalErrorException', message: 'Internal server error' }
  const input = (pool: LocalPool) => ({ ClientId: pool.clientId, Username: 'ada' })
  const person = { username: 'ada', attributes: { email: 'a@b.c', email_verified: 'true' } }

  test('is told without a detail, over HTTP', async () => {
    const server = await open({}, { random })
    server.pool.users.create(person)
    const response = await ask(server, 'ForgotPassword', input(server.pool))
    expect(response.status).toBe(500)
    expect(response.headers.get('x-amzn-errortype')).toBe('InternalErrorException:')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(await response.json()).toEqual(internal)
    expect(server.pool.requests).toMatchObject([{ status: 500, error: 'InternalErrorException' }])
  })

  test('is told without a detail, by fetch', async () => {
    const pool = await newPool({ random })
    pool.users.create(person)
    const { status, body } = await send(pool, 'ForgotPassword', input(pool))
    expect({ status, body }).toEqual({ status: 500, body: internal })
  })
})

describe('POST /_pool', () => {
  const command = (
    { endpoint, control }: Listening,
    given: unknown,
    authorization = `Bearer ${control ?? ''}`,
    path = '_pool',
  ) =>
    fetch(`${endpoint}${path}`, {
      method: 'POST',
      headers: { authorization },
      body: typeof given === 'string' ? given : JSON.stringify(given),
    })

  const obey = async (server: Listening, given: object): Promise<unknown> => {
    const response = await command(server, given)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    return response.json()
  }

  test('is nothing where it was not asked for', async () => {
    const server = await open()
    expect(server.control).toBeUndefined()
    for (const authorization of ['', 'Bearer ', 'Bearer undefined', 'Bearer null'])
      expect((await command(server, { do: 'users' }, authorization)).status).toBe(404)
  })

  test('is nothing for who has not the token, and looks like any other path', async () => {
    const server = await open({ control: true })
    const token = server.control!
    expect(token).toMatch(/^[\w-]{32}$/)
    const missing = await command(server, { do: 'users' }, '', 'other')
    for (const authorization of [
      ...['', token, `bearer ${token}`, `Bearer ${token}x`, `Bearer ${token.slice(0, -1)}`],
      ...['Bearer', 'Bearer undefined', `Basic ${token}`],
    ]) {
      const response = await command(server, { do: 'users' }, authorization)
      expect(response.status).toBe(404)
      expect(await response.text()).toBe('')
      const names = [...response.headers.keys()]
      expect(names).toEqual([...missing.headers.keys()])
    }
    for (const path of ['_pool/', '_pool?x', '_POOL', '', '/_pool'])
      expect((await command(server, { do: 'users' }, undefined, path)).status).not.toBe(200)
    expect((await open({ control: true })).control).not.toBe(token)
  })

  test('makes people and changes them', async () => {
    const server = await open({ control: true })
    const create = { username: 'ada', password, attributes: { email: 'a@b.c' } }
    const made = await obey(server, { do: 'users', create })
    expect(made).toEqual(JSON.parse(JSON.stringify(server.pool.users.list())))
    expect(JSON.stringify(made)).not.toContain(password)
    const after: Record<string, object | undefined> = {
      reset: { status: 'RESET_REQUIRED' },
      confirm: { status: 'CONFIRMED' },
      disable: { enabled: false },
      enable: { enabled: true },
      delete: undefined,
    }
    for (const [change, state] of Object.entries(after)) {
      await obey(server, { do: 'user', username: 'ada', change })
      if (state) expect(server.pool.users.get('ada')).toMatchObject(state)
    }
    expect(await obey(server, { do: 'users' })).toEqual([])
  })

  test('changes what a person has', async () => {
    const server = await open({ control: true })
    server.pool.users.create({ username: 'ada', password })
    const of = { username: 'ada' }
    await obey(server, { do: 'attributes', ...of, attributes: { email: 'a@b.c' } })
    await obey(server, { do: 'status', ...of, status: 'RESET_REQUIRED' })
    const changed = { status: 'RESET_REQUIRED', attributes: { email: 'a@b.c' } }
    expect(server.pool.users.get('ada')).toMatchObject(changed)
    await obey(server, { do: 'password', ...of, password: 'Another-Horse7', temporary: true })
    expect(server.pool.users.get('ada')).toMatchObject({ status: 'FORCE_CHANGE_PASSWORD' })
    await obey(server, { do: 'password', ...of, password: 'Another-Horse8' })
    expect(server.pool.users.get('ada')).toMatchObject({ status: 'CONFIRMED' })
  })

  test('reads the outbox', async () => {
    const server = await open({ control: true })
    const attributes = { email: 'a@b.c', email_verified: 'true' }
    for (const username of ['ada', 'grace']) {
      server.pool.users.create({ username, attributes })
      await ask(server, 'ForgotPassword', { ClientId: server.pool.clientId, Username: username })
    }
    expect(await obey(server, { do: 'outbox' })).toHaveLength(2)
    const wanted = { username: 'grace' }
    expect(await obey(server, { do: 'outbox', wanted, clear: true })).toEqual([
      expect.objectContaining({ ...wanted, code: expect.stringMatching(/^\d{6}$/) as unknown }),
    ])
    expect(await obey(server, { do: 'outbox' })).toEqual([])
  })

  test('puts the clock forward', async () => {
    const server = await open({ control: true })
    const { now } = (await obey(server, { do: 'clock' })) as { now: number }
    const later = (await obey(server, { do: 'clock', advance: 3_600_000 })) as { now: number }
    expect(later.now - now).toBeGreaterThanOrEqual(3_600_000)
    expect((await command(server, { do: 'clock', advance: 'x' })).status).toBe(400)
    expect(server.pool.clock.now()).toBeTypeOf('number')
  })

  test('makes trouble and takes it back', async () => {
    const server = await open({ control: true })
    const add = { kind: 'throttle', operation: 'GetUser', times: 1, retryAfter: 3 }
    expect(await obey(server, { do: 'faults', add })).toEqual([add])
    const response = await ask(server, 'GetUser', {})
    expect(response.headers.get('retry-after')).toBe('3')
    await obey(server, { do: 'faults', add: { kind: 'unavailable' } })
    expect((await ask(server, 'GetUser', {})).status).toBe(500)
    await obey(server, { do: 'faults', clear: true })
    expect((await ask(server, 'GetUser', {})).status).toBe(400)
  })

  test('gives the code of an authenticator app', async () => {
    const server = await open({ control: true })
    server.pool.users.create({ username: 'ada', mfa: ['SOFTWARE_TOKEN_MFA'] })
    expect(await obey(server, { do: 'totp', username: 'ada' })).toEqual({
      code: server.pool.totp('ada'),
    })
  })

  test('changes settings', async () => {
    const server = await open({ control: true })
    const changed = await obey(server, { do: 'settings', pool: { MfaConfiguration: 'ON' } })
    expect(changed).toMatchObject({ pool: { MfaConfiguration: 'ON' }, client: {} })
    expect(server.pool.configure().pool.MfaConfiguration).toBe('ON')
    const client = { AccessTokenValidity: 5 }
    expect(await obey(server, { do: 'settings', client })).toMatchObject({ client })
  })

  test('reads the log', async () => {
    const server = await open({ control: true })
    await ask(server, 'GetUser', {})
    const entry = { operation: 'GetUser', status: 400, error: 'InvalidParameterException' }
    expect(await obey(server, { do: 'requests', clear: true })).toMatchObject([entry])
    expect(await obey(server, { do: 'requests' })).toEqual([])
  })

  test('tells the devices of somebody and forgets one', async () => {
    const server = await open({ control: true }, { pool: { DeviceConfiguration: {} } })
    server.pool.users.create({ username: 'ada', password })
    const { NewDeviceMetadata } = await signIn(server.pool, 'ada')
    const { DeviceKey: key } = NewDeviceMetadata!
    const of = { do: 'devices', username: 'ada' }
    expect(await obey(server, of)).toMatchObject([{ key, confirmed: false, remembered: false }])
    expect((await command(server, { ...of, forget: `${key}0` })).status).toBe(400)
    expect(await obey(server, { ...of, forget: key })).toEqual([])
    expect(server.pool.users.get('ada')).toMatchObject({ devices: [] })
  })

  test('ends the sign-ins of somebody', async () => {
    const server = await open({ control: true })
    server.pool.users.create({ username: 'ada', password })
    const { AccessToken } = await signIn(server.pool, 'ada')
    await obey(server, { do: 'user', username: 'ada', change: 'signOut' })
    const response = await ask(server, 'GetUser', { AccessToken })
    expect(await response.json()).toMatchObject({ message: 'Access Token has been revoked' })
    await signIn(server.pool, 'ada')
  })

  test('switches the limits off and on', async () => {
    const server = await open({ control: true })
    server.pool.users.create({ username: 'ada', password })
    const input = { ClientId: server.pool.clientId, Username: 'ada' }
    const attributes = { email: 'a@b.c', email_verified: 'true' }
    server.pool.users.setAttributes('ada', attributes)
    const settled = await obey(server, { do: 'settings', limits: false })
    expect(settled).toMatchObject({ limits: false })
    for (let i = 0; i < 9; i++)
      expect((await ask(server, 'ForgotPassword', input)).status).toBe(200)
    expect(await obey(server, { do: 'settings' })).toMatchObject({ limits: false })
    await obey(server, { do: 'settings', limits: true })
    for (let i = 0; i < 5; i++)
      expect((await ask(server, 'ForgotPassword', input)).status).toBe(200)
    const refused = await ask(server, 'ForgotPassword', input)
    expect(await refused.json()).toMatchObject({ __type: 'LimitExceededException' })
  })

  test('tells which trouble is left', async () => {
    const server = await open({ control: true })
    await obey(server, { do: 'faults', add: { kind: 'throttle', times: 2 } })
    await obey(server, { do: 'faults', add: { kind: 'latency', delay: 1, operation: 'SignUp' } })
    await ask(server, 'GetUser', {})
    const left = [
      { kind: 'throttle', times: 1 },
      { kind: 'latency', delay: 1, operation: 'SignUp' },
    ]
    expect(await obey(server, { do: 'faults' })).toEqual(left)
    await ask(server, 'GetUser', {})
    expect(await obey(server, { do: 'faults' })).toEqual(left.slice(1))
  })

  test('gives everything that the pool knows', async () => {
    const server = await open({ control: true })
    server.pool.users.create({ username: 'ada', password })
    const { state } = (await obey(server, { do: 'snapshot' })) as { state: string }
    expect(state).toBe(server.pool.snapshot())
    expect(createLocalPool({ state }).users.list()).toEqual(server.pool.users.list())
  })

  test.each([
    ['{', 'JSON'],
    ['', 'JSON'],
    [
      'null',
      'one of outbox, clock, faults, users, user, password, attributes, status, devices, totp, settings, requests, snapshot',
    ],
    ['[]', 'a command is one of'],
    ['7', 'a command is one of'],
    [{ do: 'coffee' }, 'a command is one of'],
    [{ do: 'constructor' }, 'a command is one of'],
    [{ do: '__proto__' }, 'a command is one of'],
    [{ do: 'user', username: 'ada', change: 'create' }, '"change" must be one of confirm'],
    [{ do: 'user', username: 'nobody', change: 'confirm' }, 'there is no nobody'],
    [{ do: 'user', username: 7, change: 'confirm' }, ''],
    [{ do: 'totp', username: 'nobody' }, 'nobody has no authenticator app'],
    [{ do: 'users', create: { password } }, '"username" must be string; got undefined'],
    [{ do: 'users', create: 7 }, '"create" must be object; got number'],
    [{ do: 'users', make: { username: 'ada' } }, '"make" must be undefined: no such part'],
    [{ do: 'users', create: { username: 'ada', mail: 'a@b.c' } }, '"mail" must be undefined'],
    [
      { do: 'settings', pool: { Policies: { PasswordPolicy: { MinLength: 9 } } } },
      '"pool.Policies',
    ],
    [{ do: 'settings', limits: 'off' }, '"limits" must be boolean; got string'],
    [{ do: 'outbox', wanted: { user: 'ada' } }, '"user" must be undefined: no such part'],
    [{ do: 'faults', add: { kind: 'throttle', operation: 'GetUsers' } }, '"operation" must be one'],
    [{ do: 'faults', add: { kind: 'throttle', time: 1 } }, '"time" must be undefined'],
    [{ do: 'devices' }, '"username" must be string; got undefined'],
    [{ do: 'snapshot', file: 'x' }, '"file" must be undefined: no such part of the command'],
    [{ do: 'faults', add: { kind: 'rain' } }, '"kind" must be one of latency'],
    [{ do: 'clock', advance: null }, '"milliseconds" must be a number'],
  ])('answers the wrong command %j with 400 and a sentence', async (given, sentence) => {
    const server = await open({ control: true })
    const response = await command(server, given)
    expect(response.status).toBe(400)
    const reply = (await response.json()) as { message: string }
    expect(Object.keys(reply)).toEqual(['message'])
    expect(reply.message).toContain(sentence)
    expect(reply.message).not.toMatch(/\n|file:|node:/)
    expect(reply.message).not.toContain(password)
  })

  test('says which rule a person would break', async () => {
    const server = await open({ control: true })
    server.pool.users.create({ username: 'ada', password })
    const response = await command(server, { do: 'users', create: { username: 'ada' } })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ message: 'latchkey/local: there is a ada already' })
  })
})

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Browser, Page as Tab } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type * as latchkey from '../../src/index.ts'
import type { AuthError, AuthEvent, Options } from '../../src/index.ts'
import { bundle } from '../bundle.ts'
import { hasChromium, launchChromium } from './chromium.ts'
import { listen, portOf, strictPolicy } from './site.ts'

// What only a real page does: preflights, headers that may not be read, redirects, referrers,
// cookies, a strict content security policy.

/** What the page's script leaves for the tests. */
interface Page {
  readonly latchkey: typeof latchkey
}

/** What came of a call, as far as it gets out of a page. */
interface Result {
  readonly output?: unknown
  readonly error?: Partial<AuthError>
  readonly events: readonly AuthEvent[]
}

const allowed = 'content-type, x-amz-target, cache-control, x-amz-user-agent'
const cors = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
}
const json = { ...cors, 'content-type': 'application/x-amz-json-1.1' }
const user = '{"Username":"ada","UserAttributes":[]}'

describe.skipIf(!hasChromium())('in Chromium', () => {
  let browser: Browser
  let page: Tab
  let site: Server
  let service: Server
  let posts: IncomingMessage[] = []
  let preflights: IncomingMessage[] = []
  let answer: (response: ServerResponse, request: IncomingMessage) => void
  let allowHeaders = allowed

  beforeAll(async () => {
    const script = await bundle(
      "import * as latchkey from './src/index.ts'; globalThis.latchkey = latchkey",
    )
    service = await listen((request, response) => {
      if (request.method === 'OPTIONS') {
        preflights.push(request)
        response.writeHead(200, {
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'POST',
          'access-control-allow-headers': allowHeaders,
        })
        response.end()
        return
      }
      posts.push(request)
      request.resume().on('end', () => {
        answer(response, request)
      })
    })
    site = await listen((request, response) => {
      if (request.url === '/latchkey.js') {
        response.writeHead(200, { 'content-type': 'text/javascript' })
        response.end(script)
        return
      }
      response.writeHead(200, {
        'content-type': 'text/html',
        'set-cookie': 'secret=cookie',
        'content-security-policy': strictPolicy(`http://127.0.0.1:${portOf(service)}`),
      })
      response.end(
        '<!doctype html><title>page</title><script type="module" src="/latchkey.js"></script>',
      )
    })
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${portOf(site)}/account?private=path`)
  })
  afterAll(async () => {
    await browser.close()
    site.close()
    service.close()
  })
  beforeEach(() => {
    posts = []
    preflights = []
    allowHeaders = allowed
    answer = (response) => response.writeHead(200, json).end(user)
  })

  const callInPage = (
    operation: string,
    input: object,
    options: Partial<Options> = {},
  ): Promise<Result> =>
    page.evaluate(
      async ({ endpoint, operation, input, options }) => {
        const { createAuth } = (globalThis as unknown as Page).latchkey
        const events: AuthEvent[] = []
        const auth = createAuth({
          userPoolId: 'eu-west-1_Ab12Cd34E',
          clientId: 'client',
          endpoint,
          random: () => new Uint8Array([0]),
          onEvent: (event) => events.push(event),
          ...options,
        })
        try {
          return {
            output: await auth.call(operation as 'GetUser', input as { AccessToken: string }),
            events,
          }
        } catch (error) {
          return { error: JSON.parse(JSON.stringify(error)) as Partial<AuthError>, events }
        }
      },
      { endpoint: `http://127.0.0.1:${portOf(service)}/`, operation, input, options },
    )

  test('a call passes the preflight of the service, under the strictest policy', async () => {
    const { output } = await callInPage('GetUser', { AccessToken: 'token' })
    expect(output).toEqual({ Username: 'ada', UserAttributes: [] })
    expect(posts).toHaveLength(1)
    const asked = preflights[0]?.headers['access-control-request-headers']?.split(',') ?? []
    expect(asked.sort()).toEqual(['cache-control', 'content-type', 'x-amz-target'])
  })

  test('it tells neither the cookies nor the address of the page', async () => {
    await callInPage('GetUser', { AccessToken: 'token' })
    expect(posts[0]!.headers.cookie).toBeUndefined()
    expect(posts[0]!.headers.referer).toBeUndefined()
  })

  test('an error is known by its header alone, where the body says nothing', async () => {
    answer = (response) =>
      response
        .writeHead(400, {
          ...json,
          'x-amzn-errortype': 'NotAuthorizedException:',
          'x-amzn-requestid': '00000000-0000-4000-8000-000000000001',
        })
        .end('{"message":"Access Token has expired"}')
    const { error } = await callInPage('GetUser', { AccessToken: 'token' })
    expect(error).toMatchObject({
      code: 'access-token-expired',
      requestId: '00000000-0000-4000-8000-000000000001',
      status: 400,
    })
  })

  test("a firewall's challenge cannot be told from a network failure: asked twice, and said so", async () => {
    answer = (response) => response.writeHead(202, { 'x-amzn-waf-action': 'challenge' }).end()
    const { error, events } = await callInPage('GetUser', { AccessToken: 'token' })
    expect(error).toMatchObject({ code: 'unreachable', retryable: true })
    expect(error?.detail).toContain('AWS WAF')
    expect(posts).toHaveLength(2)
    expect(events.map(({ type }) => type)).toEqual(['request', 'retry', 'request'])
  })

  test('what must not be repeated is sent once', async () => {
    answer = (response) => response.writeHead(405).end()
    const { error } = await callInPage('ConfirmSignUp', { Username: 'ada', ConfirmationCode: '1' })
    expect(error).toMatchObject({ code: 'unreachable' })
    expect(posts).toHaveLength(1)
  })

  test.each([301, 302, 303, 307, 308])('a redirect (%d) is not followed', async (status) => {
    const strangerSaw: string[] = []
    const stranger = await listen((request, response) => {
      strangerSaw.push(request.method ?? '')
      response.writeHead(200, json).end(user)
    })
    answer = (response) =>
      response
        .writeHead(status, { ...cors, location: `http://127.0.0.1:${portOf(stranger)}/` })
        .end()
    const { error } = await callInPage('ConfirmSignUp', { Username: 'ada', ConfirmationCode: '1' })
    stranger.close()
    expect(error).toMatchObject({ code: 'unreachable' })
    expect(strangerSaw).toEqual([])
  })

  test('a Retry-After that the page may not read leaves the jitter', async () => {
    answer = (response) =>
      response
        .writeHead(posts.length < 3 ? 400 : 200, { ...json, 'retry-after': '3600' })
        .end(
          posts.length < 3
            ? '{"__type":"TooManyRequestsException","message":"Rate exceeded"}'
            : user,
        )
    const { output, events } = await callInPage('GetUser', { AccessToken: 'token' })
    expect(output).toMatchObject({ Username: 'ada' })
    expect(posts).toHaveLength(3)
    expect(events.filter(({ type }) => type === 'retry')).toMatchObject([
      { delay: 0 },
      { delay: 0 },
    ])
  })

  test('headers of the app go along where the endpoint allows them', async () => {
    const headers = { 'x-aws-waf-token': 'solved' }
    const refused = await callInPage(
      'ConfirmSignUp',
      { Username: 'ada', ConfirmationCode: '1' },
      { headers },
    )
    expect(refused.error).toMatchObject({ code: 'unreachable' })
    expect(posts).toHaveLength(0)
    allowHeaders = `${allowed}, x-aws-waf-token`
    const { output } = await callInPage('GetUser', { AccessToken: 'token' }, { headers })
    expect(output).toBeDefined()
    expect(posts[0]!.headers['x-aws-waf-token']).toBe('solved')
  })

  test('an answer that does not come ends in time', async () => {
    answer = () => undefined
    const { error, events } = await callInPage(
      'GetUser',
      { AccessToken: 'token' },
      { timeout: 200 },
    )
    expect(error).toMatchObject({ code: 'timeout', retryable: true })
    expect(events).toMatchObject([{ type: 'request', code: 'timeout' }])
  })
})

// A local pool over HTTP, in Node.
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { toBase64Url, utf8 } from '../bytes.ts'
import { refuse } from '../errors.ts'
import { hostRandom } from '../ports.ts'
import { control } from './control.ts'
import type { Command } from './control.ts'
import { members, text, typed, whole } from './forms.ts'
import type { LocalPool } from './pool.ts'
import { cors } from './server.ts'
import type { Answer } from './server.ts'

/** Where to listen. */
export interface ListenOptions {
  /** Default: 0, which takes a free one. */
  readonly port?: number | undefined
  /** Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /**
   * Allows a host that other machines can reach. This is development software: whoever reaches it can
   * try passwords as fast as it answers.
   */
  readonly allowRemote?: boolean | undefined
  /**
   * Whether `POST /_pool` takes commands, from who sends the token that comes with the endpoint. Without
   * it any website that a developer visits could read the outbox of a pool on this machine.
   */
  readonly control?: boolean | undefined
  /** Told after every request. */
  readonly onRequest?: (() => void) | undefined
}

/** A pool that listens. */
export interface Listening {
  /** For `createAuth({ endpoint })`. */
  readonly endpoint: string
  readonly port: number
  /** What commands to `POST /_pool` have to bring: `Authorization: Bearer …`. */
  readonly control: string | undefined
  /** Ends every connection and lets the port go. */
  close(): Promise<void>
}

const form = members<ListenOptions>({
  port: whole(0, 65_535),
  host: text,
  allowRemote: typed('boolean'),
  control: typed('boolean'),
  onRequest: typed('function'),
})

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** Lets a pool answer over HTTP. */
export async function listen(pool: LocalPool, options: ListenOptions = {}): Promise<Listening> {
  form('', options)
  const { port = 0, host = '127.0.0.1', allowRemote = false } = options
  if (!loopback.test(host) && !allowRemote)
    refuse('host', 'this machine, such as 127.0.0.1, or come with allowRemote', 'another')
  const token = options.control ? toBase64Url(hostRandom(24)) : undefined
  const server = createServer((request, response) => {
    serve(pool, request, token, loopback.test(host))
      .then((answered) => {
        options.onRequest?.()
        if (!answered) {
          // As where a connection breaks.
          request.socket.destroy()
          return
        }
        const body = utf8(answered.body)
        const length = { 'content-length': String(body.length) }
        response.writeHead(answered.status, { ...answered.headers, ...length }).end(body)
      })
      // The caller went away in the middle of it.
      .catch(() => {
        request.socket.destroy()
      })
  })
  await settled(server.listen(port, host))
  const taken = (server.address() as { readonly port: number }).port
  const name = host.includes(':') ? `[${host}]` : host
  return {
    endpoint: `http://${name}:${taken}/`,
    port: taken,
    control: token,
    close: () =>
      new Promise((resolve) => {
        server.once('close', resolve).close().closeAllConnections()
      }),
  }
}

const settled = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('listening', resolve).once('error', reject)
  })

/** More than any operation's input. */
const longest = 1_000_000

async function serve(
  pool: LocalPool,
  request: IncomingMessage,
  token: string | undefined,
  isLocal: boolean,
): ReturnType<LocalPool['answer']> {
  request.setEncoding('utf8')
  let body = ''
  for await (const piece of request) {
    // Read to its end all the same: who is still sending does not listen.
    if (body.length <= longest) body += piece
  }
  if (body.length > longest) return { status: 413, headers: cors, body: '' }
  const header = (name: string): string | undefined => {
    const value = request.headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  // A website whose name leads to this machine would be of the same origin as the pool.
  const named = (header('host') ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  if (isLocal && !loopback.test(named) && !named.endsWith('.localhost'))
    return { status: 403, headers: {}, body: '' }
  const isCommand = request.method === 'POST' && request.url === '/_pool'
  if (isCommand && token !== undefined && header('authorization') === `Bearer ${token}`)
    return obey(pool, body)
  const { method = '', url: path = '' } = request
  // As whoever asked calls this machine: not all that is listened on is an address to others.
  const name = header('host')
  const at = name === undefined ? undefined : `http://${name}`
  return pool.answer({ method, path, header, body, at })
}

function obey(pool: LocalPool, body: string): Answer {
  const headers = { ...cors, 'content-type': 'application/json' }
  try {
    const reply = control(pool, JSON.parse(body) as Command)
    return { status: 200, headers, body: JSON.stringify(reply) }
  } catch (error) {
    const { message } = error as Error
    return { status: 400, headers, body: JSON.stringify({ message }) }
  }
}

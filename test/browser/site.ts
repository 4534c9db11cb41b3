import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Serves on a port of this machine that was free. */
export async function listen(listener?: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** The port. */
export const portOf = (server: Server): string => String((server.address() as AddressInfo).port)

/** The policy of a page that lets its own scripts ask one server, and nothing else. */
export const strictPolicy = (server: string): string =>
  `default-src 'none'; script-src 'self'; connect-src ${server}; require-trusted-types-for 'script'; trusted-types 'none'`

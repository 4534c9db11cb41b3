import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// A server that follows a script to the byte: whole answers, halves of answers, and connections that
// break at a given point.

export type Step =
  /** Bytes as they are. */
  | { readonly send: string }
  /** Something for the test to do at this point. */
  | { readonly tell: () => void }
  /** Until the other side has closed the connection. */
  | 'wait for the client to leave'
  /** Closes the connection in order. */
  | 'close'
  /** Breaks the connection off. */
  | 'reset'

export interface Server {
  readonly port: number
  /** What every request to a path is answered with. */
  readonly play: (path: string, script: readonly Step[]) => void
  /** The bodies of the requests that have come to a path. */
  readonly received: (path: string) => readonly string[]
  /** Once every connection of a path is closed. */
  readonly left: (path: string) => Promise<void>
  readonly stop: () => Promise<void>
}

interface Scene {
  readonly script: readonly Step[]
  readonly bodies: string[]
  readonly closings: Promise<void>[]
}

export async function startServer(): Promise<Server> {
  const scenes = new Map<string, Scene>()
  const server = createServer((request) => {
    const { socket } = request
    const closing = new Promise<void>((resolve) =>
      socket.once('close', () => {
        resolve()
      }),
    )
    const perform = async (body: string): Promise<void> => {
      const scene = scenes.get(request.url ?? '')
      if (!scene) return void socket.destroy()
      scene.bodies.push(body)
      scene.closings.push(closing)
      for (const step of scene.script) {
        if (step === 'reset') socket.resetAndDestroy()
        else if (step === 'close') socket.end()
        else if (step === 'wait for the client to leave') await closing
        else if ('tell' in step) step.tell()
        else {
          await Promise.race([
            closing,
            new Promise<void>((resolve) =>
              socket.write(step.send, () => {
                resolve()
              }),
            ),
          ])
          // What was written has to arrive before what comes next, perhaps a reset.
          await new Promise((resolve) => setTimeout(resolve, 4))
        }
      }
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => void perform(Buffer.concat(chunks).toString()))
    // Broken connections are the point here.
    for (const one of [request, socket]) one.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    play: (path, script) => scenes.set(path, { script, bodies: [], closings: [] }),
    received: (path) => scenes.get(path)?.bodies ?? [],
    left: async (path) => {
      await Promise.all(scenes.get(path)?.closings ?? [])
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

/** The head of an answer to the empty line. */
export const headOf = (status: number, headers: Readonly<Record<string, string>>): string =>
  [
    `HTTP/1.1 ${status} Scripted`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n')

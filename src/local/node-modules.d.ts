// As much of Node as src/local/node.ts needs: src is compiled without Node's types, so that nothing else
// can name it.
declare module 'node:http' {
  interface IncomingMessage extends AsyncIterable<string> {
    /** Without it, the pieces would be bytes. */
    setEncoding(encoding: 'utf8'): void
    readonly method?: string
    readonly url?: string
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
    readonly socket: { destroy(): void }
  }
  interface ServerResponse {
    writeHead(status: number, headers: Readonly<Record<string, string>>): ServerResponse
    end(body: string | Uint8Array): void
  }
  interface Server {
    listen(port: number, host: string): Server
    once(event: 'listening' | 'close', then: () => void): Server
    once(event: 'error', then: (error: Error) => void): Server
    address(): { readonly port: number } | string | null
    close(): Server
    closeAllConnections(): void
  }
  export function createServer(
    listener: (request: IncomingMessage, response: ServerResponse) => void,
  ): Server
}

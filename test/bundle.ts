import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A script with all that it imports, for any engine. Its paths begin at the project's root. */
export async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    bundle: true,
    format: 'iife',
    write: false,
  })
  return outputFiles[0]!.text
}

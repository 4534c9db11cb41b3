// What a page pays for each import: minified by esbuild, then gzip, in bytes. 1 kB = 1000 bytes.
// A later entry or function is one more line here.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const gates = [{ name: 'createAuth', line: "import { createAuth } from 'latchkey'", limit: 6_700 }]

const root = new URL('..', import.meta.url).pathname

async function measure(line) {
  const names = /\{(.+)\}/.exec(line)[1]
  const { outputFiles } = await build({
    // Using the names keeps them from being shaken off.
    stdin: { contents: `${line}\nconsole.log(${names})`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  const [{ contents }] = outputFiles
  return { minified: contents.length, gzipped: gzipSync(contents, { level: 9 }).length }
}

let failed = 0
for (const { name, line, limit } of gates) {
  const { minified, gzipped } = await measure(line)
  const good = gzipped <= limit
  if (!good) failed++
  console.log(
    `${good ? 'ok' : 'TOO LARGE'}  ${name}: ${gzipped} of ${limit} bytes gzipped, ${minified} minified`,
  )
}
process.exitCode = failed ? 1 : 0

// What a page pays for each import: minified by esbuild, then gzip, in bytes. 1 kB = 1000 bytes.
// A later entry or function is one more line here. With --files, what each source file adds: the size
// of the whole less the size without it.
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const gates = [
  { name: 'createAuth', line: "import { createAuth } from 'latchkey'", limit: 8_320 },
  {
    name: 'with signIn',
    line: "import { createAuth, signIn } from 'latchkey'",
    limit: 23_150,
  },
  {
    name: 'with signUp and recover',
    line: "import { createAuth, signIn, signUp, recover } from 'latchkey'",
    limit: 23_220,
  },
  { name: 'latchkey/srp', line: "import * as srp from 'latchkey/srp'", limit: 6_510 },
]

const root = new URL('..', import.meta.url).pathname

/** The size of what a line imports; without a file, every name of that file is taken for 0. */
async function measure(line, without = undefined) {
  const [, names] = /import (?:\* as )?(.+) from/.exec(line)
  const leaveOut = {
    name: 'leave-out',
    setup: ({ onLoad }) => {
      onLoad({ filter: /src.*\.ts$/ }, async ({ path }) => {
        if (path !== without) return undefined
        const code = await readFile(path, 'utf8')
        const exported = [...code.matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm)]
        const names = new Set(exported.map(([, name]) => name))
        return { contents: [...names].map((name) => `export const ${name} = 0`).join('\n') }
      })
    },
  }
  const { outputFiles, metafile } = await build({
    // Using the names keeps them from being shaken off.
    stdin: { contents: `${line}\nconsole.log(${names})`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'error',
    logOverride: { 'class-name-will-throw': 'silent' },
    plugins: [leaveOut],
  })
  const [{ contents }] = outputFiles
  return {
    minified: contents.length,
    gzipped: gzipSync(contents, { level: 9 }).length,
    files: Object.keys(metafile.inputs).filter((name) => name.endsWith('.ts')),
  }
}

/** What each source file adds to a line, the largest first. */
async function filesOf(packaged) {
  const line = packaged.replace(/latchkey(\/\w+)?/, './src$1/index.ts')
  const whole = await measure(line)
  const rows = await Promise.all(
    whole.files.map(async (name) => {
      const rest = await measure(line, `${root}${name}`)
      return {
        name,
        minified: whole.minified - rest.minified,
        gzipped: whole.gzipped - rest.gzipped,
      }
    }),
  )
  return rows.sort((one, other) => other.gzipped - one.gzipped)
}

let failed = 0
for (const { name, line, limit } of gates) {
  const { minified, gzipped } = await measure(line)
  const good = gzipped <= limit
  if (!good) failed++
  console.log(
    `${good ? 'ok' : 'TOO LARGE'}  ${name}: ${gzipped} of ${limit} bytes gzipped, ${minified} minified`,
  )
  if (process.argv.includes('--files')) console.table(await filesOf(line))
}
process.exitCode = failed ? 1 : 0

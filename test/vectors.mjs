// npm run vectors -- FILE: checks a file of vectors, in the format of test/data/srp-vectors.json, against
// the built package. One line for each vector that fails and, last, the counts.
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'

const [path] = process.argv.slice(2)
if (!path) {
  console.error('usage: npm run vectors -- FILE')
  process.exit(2)
}

// The comparison is TypeScript, which Node 20 does not read; the package comes from dist by its name.
const { outputFiles } = await build({
  stdin: {
    contents: `export { checkVectors } from './srp/vectors.ts'; export * as srp from 'latchkey/srp'`,
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  format: 'esm',
  target: 'node20',
  write: false,
  logLevel: 'error',
})
const code = Buffer.from(outputFiles[0].contents).toString('base64')
const { checkVectors, srp } = await import(`data:text/javascript;base64,${code}`)

const { passed, failures } = await check()
for (const failure of failures) console.log(failure)
console.log(`${passed} passed, ${failures.length} failed`)
process.exitCode = failures.length ? 1 : 0

/** A file that cannot be read, or is no file of vectors, fails as one. */
async function check() {
  try {
    // npm runs scripts in the package's folder; the path was meant from where it was typed.
    const text = readFileSync(resolve(process.env.INIT_CWD ?? '.', path), 'utf8')
    return await checkVectors(srp, JSON.parse(text.replace(/^\ufeff/, '')))
  } catch ({ message }) {
    return { passed: 0, failures: [`${path}: ${message}`.replace(/\s+/g, ' ')] }
  }
}

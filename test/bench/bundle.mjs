// All contestants in one script, so that they run in one process, by turns.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

const inside = join(import.meta.dirname, 'inside')

/**
 * The script defines `bench(options)`, which resolves to `{ samples }` or `{ error }`: see inside/race.mjs.
 * `platform` decides which files the packages give, as it does for those who use them; `host` is a
 * module to run before everything else.
 */
export async function bundle({ contestants, platform, host }) {
  const names = contestants.map((_, i) => `contestant${i}`)
  const contents = `
    import { race } from './race.mjs'
    ${contestants.map((file, i) => `import { contestant as ${names[i]} } from './${file}.mjs'`).join('\n')}
    globalThis.bench = (options) =>
      race([${names.join()}], options).then(
        (samples) => ({ samples }),
        (error) => ({ error: error.message }),
      )`
  const entries = [
    // An entry of its own: this package promises that importing one of its files alone does nothing.
    ...(host ? [{ entryPoints: [join(inside, `${host}.mjs`)] }] : []),
    { stdin: { contents, resolveDir: inside } },
  ]
  const scripts = await Promise.all(entries.map((entry) => toScript(entry, platform)))
  return scripts.join('\n')
}

async function toScript(entry, platform) {
  const { outputFiles } = await build({
    ...entry,
    bundle: true,
    format: 'iife',
    platform,
    // Some packages take `global` for granted; the bundlers of those who use them provide it.
    define: platform === 'browser' ? { global: 'globalThis' } : {},
    target: 'es2022',
    write: false,
    logLevel: 'error',
    plugins: [exportPrivateFunctions],
  })
  return outputFiles[0].text
}

const exportPrivateFunctions = {
  name: 'export-private-functions',
  setup: ({ onLoad }) => {
    const filter = /amazon-cognito-passwordless-auth\/dist\/client\/srp\.js$/
    onLoad({ filter }, async ({ path }) => ({
      contents: `${await readFile(path, 'utf8')}
        export { generateSmallA, calculateLargeAHex, calculateSrpSignature }`,
    }))
  },
}

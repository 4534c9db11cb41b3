import { readFile } from 'node:fs/promises'
import { transform } from 'esbuild'

const { exports, dependencies = {} } = JSON.parse(
  await readFile(new URL('package.json', import.meta.url), 'utf8'),
)

/** `./dist/srp/index.js` is made of `src/srp/index.ts`: a new entry is one edit in package.json. */
const entries = Object.values(exports)
  .map((target) => target.default?.match(/^\.\/dist\/(.+)\.js$/)?.[1])
  .filter(Boolean)

/** Takes the types out. The code is erasable TypeScript, so nothing else changes. */
const eraseTypes = {
  name: 'erase-types',
  transform: async (code, id) => {
    if (!id.endsWith('.ts')) return null
    const erased = await transform(code, { loader: 'ts', target: 'es2022' })
    return { code: erased.code, map: null }
  },
}

export default {
  input: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
  external: (id) =>
    id.startsWith('node:') ||
    Object.keys(dependencies).some((name) => id === name || id.startsWith(`${name}/`)),
  plugins: [eraseTypes],
  output: { dir: 'dist', format: 'es', chunkFileNames: 'chunks/[name].js' },
}

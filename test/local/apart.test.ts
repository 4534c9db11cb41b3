import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

// Nobody who imports the library gets a byte of the pool, whether they shake their tree or not.

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Bundle {
  /** The package's own files in it, as far as they left something behind. */
  readonly files: readonly string[]
  readonly text: string
}

/** What a line makes of the package as it is built. */
async function bundleOf(line: string): Promise<Bundle> {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `${line}\nconsole.log(all)`, resolveDir: root },
    absWorkingDir: root,
    ...{ bundle: true, format: 'esm', write: false, metafile: true },
    // Everything that is reached stays: also what a bundler could leave out.
    treeShaking: false,
    ignoreAnnotations: true,
  })
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  return { files: inputs, text: outputFiles.map(({ text }) => text).join('') }
}

const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Record<string, string | { default: string }>
}
const entries = Object.keys(exports).filter(
  (name) => !name.startsWith('./local') && !name.endsWith('.json'),
)

// Sentences that only the pool has.
const marks = ['createLocalPool', 'latchkey/local:', 'failed to satisfy constraint', 'AYABe']

test.each(entries)('%s has nothing of the pool in it', async (entry) => {
  const { files, text } = await bundleOf(`import * as all from 'latchkey${entry.slice(1)}'`)
  expect(files.some((name) => name.startsWith('dist/'))).toBe(true)
  expect(files.filter((name) => /local|server|pool/.test(name))).toEqual([])
  expect(marks.filter((mark) => text.includes(mark))).toEqual([])
})

test('what is looked for is in the pool', async () => {
  const { text } = await bundleOf("import * as all from 'latchkey/local'")
  expect(marks.filter((mark) => !text.includes(mark))).toEqual([])
})

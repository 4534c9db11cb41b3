import assert from 'node:assert/strict'
import { build } from 'esbuild'
import { assertBundleWorks, finish } from '../shared/runs.mjs'

const options = { bundle: true, minify: true, platform: 'browser', logLevel: 'silent' }

const { warnings } = await build({
  ...options,
  entryPoints: ['../shared/app.js'],
  outfile: 'dist/app.cjs',
})
assert.deepEqual(warnings, [])
assertBundleWorks('dist/app.cjs')

// Whatever is not used is left out.
const { outputFiles } = await build({
  ...options,
  stdin: { contents: "import { createAuth } from 'latchkey'", resolveDir: process.cwd() },
  write: false,
})
assert.equal(outputFiles[0].text.trim(), '(()=>{})();')
finish()

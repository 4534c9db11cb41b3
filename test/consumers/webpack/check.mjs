import assert from 'node:assert/strict'
import { promisify } from 'node:util'
import webpack from 'webpack'
import { assertBundleWorks, finish } from '../shared/runs.mjs'

const stats = await promisify(webpack)({
  mode: 'production',
  target: 'web',
  entry: '../shared/app.js',
  output: { filename: 'app.cjs' },
})
assert.equal(stats.hasErrors() || stats.hasWarnings(), false, stats.toString())
assertBundleWorks('dist/app.cjs')
finish()

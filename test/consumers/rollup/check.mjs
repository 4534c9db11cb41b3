import { fileURLToPath } from 'node:url'
import { rollup } from 'rollup'
import { assertBundleWorks, finish } from '../shared/runs.mjs'

/** Finds packages as Node does, which honours their exports. */
const resolvePackages = {
  name: 'resolve-packages',
  resolveId: (id) => (/^[./]/.test(id) ? null : fileURLToPath(import.meta.resolve(id))),
}

const bundle = await rollup({
  input: '../shared/app.js',
  plugins: [resolvePackages],
  onwarn: ({ message }) => {
    throw new Error(message)
  },
})
await bundle.write({ file: 'dist/app.js', format: 'es' })
assertBundleWorks('dist/app.js')
finish()

import { build } from 'vite'
import { assertBundleWorks, finish } from '../shared/runs.mjs'

const { output } = await build({
  logLevel: 'error',
  // Vite's own addition to a page's bundle needs a document.
  build: { modulePreload: { polyfill: false } },
})
assertBundleWorks(`dist/${output.find(({ isEntry }) => isEntry).fileName}`)
finish()

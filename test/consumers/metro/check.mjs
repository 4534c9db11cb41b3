import { loadConfig, runBuild } from 'metro'
import { assertBundleWorks, finish, name } from '../shared/runs.mjs'

// Read by babel.config.cjs: what React Native compiles for, an old engine or Hermes.
process.env.LATCHKEY_PROFILE = name.slice('metro-'.length)

const config = await loadConfig({ config: 'metro.config.cjs' })
await runBuild(config, { entry: 'index.js', bundleOut: 'bundle.cjs', dev: false, minify: true })
assertBundleWorks('bundle.cjs')
finish()

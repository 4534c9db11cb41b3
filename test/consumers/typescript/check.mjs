// One compiler, every way to resolve modules and every set of host types. The libraries' own types
// are checked too (skipLibCheck is off), so that a name which only the DOM has fails without it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { finish, name as compiler } from '../shared/runs.mjs'

const resolutions = [
  { module: 'NodeNext', moduleResolution: 'NodeNext' },
  { module: 'preserve', moduleResolution: 'bundler' },
]
const hosts = [
  { file: 'bare.ts', lib: ['ES2022'], types: [] },
  { file: 'dom.ts', lib: ['ES2022', 'DOM'], types: [] },
  { file: 'node.ts', lib: ['ES2022'], types: ['node'] },
]
const strictest = {
  target: 'ES2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
}
// Since then a CommonJS file may require what is written as a module.
const firstToRequire = 5.8

const surface = readFileSync('surface.ts', 'utf8') + readFileSync('flows.ts', 'utf8')
for (const name of exportedNames())
  assert.match(surface, new RegExp(`\\b${name}\\b`), `neither surface.ts nor flows.ts uses ${name}`)

const { version, bin } = JSON.parse(readFileSync(`../node_modules/${compiler}/package.json`))
for (const resolution of resolutions)
  for (const { file, lib, types } of hosts) {
    const files = ['surface.ts', 'flows.ts', file]
    const required = parseFloat(version) >= firstToRequire
    if (required && resolution.module === 'NodeNext') files.push('required.cts')
    compile({ compilerOptions: { ...strictest, ...resolution, lib, types }, files })
  }
finish()

function compile(config) {
  writeFileSync('tsconfig.json', JSON.stringify(config))
  const tsc = `../node_modules/${compiler}/${bin.tsc}`
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc], { encoding: 'utf8' })
  assert.equal(status, 0, `${JSON.stringify(config)}\n${stdout}${stderr}`)
}

/** Everything that any entry exports. */
function exportedNames() {
  const { exports } = JSON.parse(readFileSync('../node_modules/latchkey/package.json', 'utf8'))
  return Object.values(exports)
    .filter(({ types }) => types)
    .flatMap(({ types }) => {
      const declarations = readFileSync(`../node_modules/latchkey/${types}`, 'utf8')
      const made = /^export (?:declare )?(?:const|function|interface|type) (\w+)/gm
      const names = [...declarations.matchAll(/export (?:type )?\{([^}]+)\}/g)]
        .flatMap(([, list]) => list.split(','))
        .concat([...declarations.matchAll(made)].map(([, name]) => name))
        .map((name) => name.trim())
        .filter(Boolean)
      assert.ok(names.length, `${types} exports nothing by name`)
      return names
    })
}

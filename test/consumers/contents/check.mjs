// The tarball holds what it must and nothing else.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkout, finish } from '../shared/runs.mjs'

const installed = '../node_modules/latchkey'
const read = (file) => readFileSync(join(installed, file), 'utf8')
const files = readdirSync(installed, { recursive: true }).filter((name) =>
  statSync(join(installed, name)).isFile(),
)
const manifest = JSON.parse(read('package.json'))

const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']
assert.deepEqual(files.filter((name) => !/^dist\/.+(\.js|\.d\.ts)$/.test(name)).sort(), documents)

// This machine's own places, and where others have theirs.
const places = [checkout, `${homedir()}/`, `${tmpdir()}/`, 'file://', '/home/', '/Users/']
for (const file of files)
  for (const place of places) assert.ok(!read(file).includes(place), `${file} mentions ${place}`)

for (const [path, target] of Object.entries(manifest.exports)) {
  const targets = typeof target === 'string' ? [target] : Object.values(target)
  for (const file of targets) assert.ok(existsSync(join(installed, file)), `${file} is missing`)
  if (typeof target === 'string') continue
  const conditions = Object.keys(target)
  assert.equal(conditions[0], 'types', `the first condition of ${path}`)
  assert.equal(conditions.at(-1), 'default', `the last condition of ${path}`)
  await assertTypesTellTheTruth(`latchkey${path.slice(1)}`, target.types)
}

assert.equal(manifest.type, 'module')
assert.equal(manifest.sideEffects, false)
for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
  assert.equal(manifest.scripts?.[name], undefined, `there is a script named ${name}`)
finish()

/** What the types offer as a value is there, and nothing is there that they do not offer. */
async function assertTypesTellTheTruth(specifier, types) {
  const listed = [...read(types).matchAll(/export \{([^}]+)\}/g)].flatMap(([, names]) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  )
  const made = [...read(types).matchAll(/^export declare (?:const|function) (\w+)/gm)]
  const declared = [...listed, ...made.map(([, name]) => name)]
  assert.deepEqual(Object.keys(await import(specifier)).sort(), declared.sort(), specifier)
}

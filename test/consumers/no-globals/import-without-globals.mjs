import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'

const { exports } = JSON.parse(readFileSync('../node_modules/latchkey/package.json', 'utf8'))
const entries = Object.keys(exports).filter((path) => exports[path].default)

// What the language itself brings may be used; everything else is the host's.
const ofLanguage = new Set(runInNewContext('Object.getOwnPropertyNames(globalThis)'))
ofLanguage.delete('console')
const ofPages =
  'caches document history indexedDB localStorage location name navigator parent screen self sessionStorage top window XMLHttpRequest'.split(
    ' ',
  )
const ofHost = new Set([...Object.getOwnPropertyNames(globalThis), ...ofPages])

const kept = {}
const touched = []
for (const name of [...ofHost].filter((name) => !ofLanguage.has(name))) {
  kept[name] = Object.getOwnPropertyDescriptor(globalThis, name)
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      touched.push(name)
      throw new Error(`${name} was used while importing`)
    },
  })
}
let failure
try {
  for (const path of entries) await import(`latchkey${path.slice(1)}`)
} catch (error) {
  failure = error
}
for (const [name, descriptor] of Object.entries(kept)) {
  delete globalThis[name]
  if (descriptor) Object.defineProperty(globalThis, name, descriptor)
}
if (failure) throw failure
if (touched.length) throw new Error(`touched while importing: ${touched.join(', ')}`)
// The getters are worth something only if they cover what the library uses later.
for (const name of ['fetch', 'crypto', 'setTimeout', 'TextEncoder', 'AbortController', 'document'])
  if (!Object.hasOwn(kept, name)) throw new Error(`${name} was not watched`)

import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { transformAsync } from '@babel/core'
import { shout } from './installed.ts'

/** By platform and processor: all that the package has. */
const executables: Readonly<Record<string, string>> = {
  'linux x64': 'linux64-bin/hermes',
  'darwin x64': 'osx-bin/hermes',
  'darwin arm64': 'osx-bin/hermes',
  'win32 x64': 'win64-bin/hermes.exe',
}
const here = `${process.platform} ${process.arch}`

/** Whether the package with React Native's engine has one for this machine. Says so loudly where not. */
export function hasHermes(): boolean {
  if (executables[here]) return true
  shout(
    `NO HERMES FOR ${here.toUpperCase()}: tests that need it are left out. hermes-engine-cli has it for ${Object.keys(executables).join(', ')}.`,
  )
  return false
}

/** Lowers a script as the release build of an app does, which knows nothing about the engine. */
async function lower(script: string): Promise<string> {
  const lowered = await transformAsync(script, {
    configFile: false,
    babelrc: false,
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    // Never read; the preset asks what kind of file it is.
    filename: 'app.js',
    presets: [
      [
        '@react-native/babel-preset',
        {
          // What `react-native bundle` passes on unless it is told otherwise. It lowers more than
          // `hermes-stable`, and is what nearly every app has.
          unstable_transformProfile: 'default',
          // A release, whatever NODE_ENV says.
          withDevTools: false,
          // The same helpers, in the script instead of imported: it is bundled already.
          enableBabelRuntime: false,
        },
      ],
    ],
  })
  return lowered!.code!
}

// Optimised as a release is; promises that settle without a timer, for there is none; and no longer than
// a test has time for, whatever becomes of the test.
const flags = ['-O', '-w', '-Xmicrotask-queue', '-time-limit=50000', '-']

/** What the engine prints of a script. */
async function run(script: string): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve('hermes-engine-cli/package.json')
  const running = promisify(execFile)(join(manifest, '..', executables[here]!), flags)
  running.child.stdin!.end(script)
  return (await running).stdout
}

/**
 * The value of an expression after a script, which may be a promise of it, as far as JSON can tell it.
 * The engine is alone: no timer, no console, nothing that React Native would add.
 */
export async function evaluateInHermes(script: string, expression: string): Promise<unknown> {
  const printed = await run(`
    ;['setTimeout', 'clearTimeout', 'setImmediate'].forEach(function (name) {
      delete globalThis[name]
    })
    ${await lower(script)}
    Promise.resolve(${expression}).then(
      function (value) { print(JSON.stringify({ value: value })) },
      function (error) { print(JSON.stringify({ error: String(error) })) }
    )`)
  const { value, error } = JSON.parse(printed) as { value?: unknown; error?: string }
  if (error !== undefined) throw new Error(`in Hermes: ${error}`)
  return value
}

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { shout } from './installed.ts'
import { findHermes, hermesExecutables, lower } from './programs.mjs'

/** Whether the package with React Native's engine has one for this machine. Says so loudly where not. */
export function hasHermes(): boolean {
  if (findHermes() !== undefined) return true
  const here = `${process.platform} ${process.arch}`.toUpperCase()
  const there = Object.keys(hermesExecutables).join(', ')
  shout(
    `NO HERMES FOR ${here}: tests that need it are left out. hermes-engine-cli has it for ${there}.`,
  )
  return false
}

// Optimised as a release is; promises that settle without a timer, for there is none; and no longer than
// a test has time for, whatever becomes of the test.
const flags = ['-O', '-w', '-Xmicrotask-queue', '-time-limit=50000', '-']

/** What the engine prints of a script. */
async function run(script: string): Promise<string> {
  const running = promisify(execFile)(findHermes()!, flags)
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

import { find } from './programs.mjs'
import type { Program } from './programs.mjs'

/**
 * Whether there is all that some tests need. Says so loudly where there is not, and fails where the
 * tests decide about a change.
 */
export function areInstalled(...programs: readonly Program[]): boolean {
  const missing = programs.filter((program) => !find(program))
  if (missing.length === 0) return true
  const advice = missing
    .map(
      ({ name, variable, debian }) =>
        `NO ${name.toUpperCase()} FOUND: tests that need it are left out. Install it (Debian: apt-get install ${debian}) or set ${variable} to its path.`,
    )
    .join('\n')
  if (process.env['CI']) throw new Error(advice)
  shout(advice)
  return false
}

/** Says what is left out, so that nobody takes a green run for more than it is. */
export function shout(text: string): void {
  console.error(`\n${'!'.repeat(100)}\n${text}\n${'!'.repeat(100)}\n`)
}

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program that tests need and npm does not bring. */
export interface Program {
  /** What it is called in a sentence. */
  readonly name: string
  /** The names of its executable, the best first. */
  readonly executables: readonly string[]
  /** The environment variable that says where it is instead. */
  readonly variable: string
  /** The Debian package that brings it. */
  readonly debian: string
}

/** Where it is: what the environment variable says, else the first of its names on PATH. */
export function find({ executables, variable }: Program): string | undefined {
  if (process.env[variable]) return process.env[variable]
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders
    .flatMap((folder) => executables.map((executable) => join(folder, executable)))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

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

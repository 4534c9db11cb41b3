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

export const chromium: Program
export const firefox: Program
export function find(program: Pick<Program, 'executables' | 'variable'>): string | undefined
export const hermesExecutables: Readonly<Record<string, string>>
export function findHermes(): string | undefined
export function lower(script: string): Promise<string>

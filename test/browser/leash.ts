import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Programs that do not outlive the tests, however these end.

// Waits for the end of its input: a pipe whose other end closes with us, be we killed. A process of its
// own group, so that nothing that ends the program ends it.
const keeper = 'read -r _; kill -KILL "-$(cat "$0/group")"; rm -rf "$0"'

// Tells the keeper whom to end, and becomes the program.
const leader = 'echo $$ >"$0/group" && exec "$@"'

/** What to start in the place of a program, as the first of a group of processes. */
export interface Leash {
  readonly command: string
  /** The program's own arguments may follow. */
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** The program's home. */
  readonly folder: string
  /** Ends all that is left of the program and removes its home. */
  readonly pull: () => void
}

/** Puts a program on a leash, for who has another way to start it than {@link start}. */
export function leash(program: string): Leash {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
  const keeping = spawn('/bin/sh', ['-c', keeper, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  keeping.unref()
  return {
    command: '/bin/sh',
    args: ['-c', leader, folder, program],
    env: { ...process.env, HOME: folder },
    folder,
    pull: () => {
      keeping.stdin.end()
    },
  }
}

/** A program that was started. */
export interface Running {
  readonly child: ChildProcess
  end(): Promise<void>
}

/** Starts a program on a leash. */
export function start(
  program: string,
  programArgs: readonly string[],
  programEnv: NodeJS.ProcessEnv = {},
): Running {
  const { command, args, env, pull } = leash(program)
  const child = spawn(command, [...args, ...programArgs], {
    detached: true,
    env: { ...env, ...programEnv },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return {
    child,
    end: async () => {
      pull()
      if (!hasEnded(child)) await once(child, 'exit')
    },
  }
}

/** Whether it has ended. */
export const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null

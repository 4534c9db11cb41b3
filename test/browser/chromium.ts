import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Chromium on PATH, or where the environment variable CHROMIUM says. */
function findChromium(): string | undefined {
  if (process.env['CHROMIUM']) return process.env['CHROMIUM']
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders
    .flatMap((folder) =>
      ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)),
    )
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

const path = findChromium()

/**
 * Whether there is a Chromium to test with. Says so loudly where there is none, and fails where the
 * tests decide about a change.
 */
export function hasChromium(): boolean {
  if (path) return true
  const advice =
    'NO CHROMIUM FOUND: tests in a real browser are left out. Install it (Debian: apt-get install chromium) or set CHROMIUM to its path.'
  if (process.env['CI']) throw new Error(advice)
  console.error(`\n${'!'.repeat(100)}\n${advice}\n${'!'.repeat(100)}\n`)
  return false
}

/** Starts it. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: path!, args: flags })

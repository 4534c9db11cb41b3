import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { areInstalled } from '../installed.ts'
import { chromium as program, find } from '../programs.mjs'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Whether there is a Chromium to test with. */
export const hasChromium = (): boolean => areInstalled(program)

/** Starts it. It ends with the pipe that it is driven by, so with this process at the latest. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: find(program)!, args: flags })

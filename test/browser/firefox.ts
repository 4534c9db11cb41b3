import { launch } from 'puppeteer-core'
import { areInstalled } from '../installed.ts'
import { firefox as program, find } from '../programs.mjs'
import type { Browser } from './browser.ts'
import { leash } from './leash.ts'

/** Whether there is a Firefox to test with. */
export const hasFirefox = (): boolean => areInstalled(program)

/** Starts it. */
export async function launchFirefox(): Promise<Browser> {
  const { command, args, env, folder, pull } = leash(find(program)!)
  try {
    const browser = await launch({
      browser: 'firefox',
      executablePath: command,
      args: [...args, '--headless', '--profile', folder],
      ignoreDefaultArgs: true,
      env,
    })
    return {
      newPage: () => browser.newPage(),
      close: () => browser.close().finally(pull),
    }
  } catch (error) {
    pull()
    throw error
  }
}

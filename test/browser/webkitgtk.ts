import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { areInstalled } from '../installed.ts'
import { find } from '../programs.mjs'
import type { Browser, Page } from './browser.ts'
import { hasEnded, start } from './leash.ts'
import type { Running } from './leash.ts'
import { listen, portOf } from './site.ts'

const driver = {
  name: 'WebKitGTK',
  executables: ['WebKitWebDriver'],
  variable: 'WEBKITWEBDRIVER',
  debian: 'webkit2gtk-driver',
}
// This browser cannot do without a screen.
const screen = { name: 'Xvfb', executables: ['Xvfb'], variable: 'XVFB', debian: 'xvfb' }
const hasScreen = (): boolean => Boolean(process.env['DISPLAY'])

/** Whether there is a WebKitGTK to test with, and a screen to show it on. */
export const hasWebKitGTK = (): boolean => areInstalled(driver, ...(hasScreen() ? [] : [screen]))

/** Starts it. Its pages are driven one at a time. */
export async function launchWebKitGTK(): Promise<Browser> {
  const running: Running[] = []
  const end = async () => {
    await Promise.all(running.map((program) => program.end()))
  }
  try {
    const env: NodeJS.ProcessEnv = {}
    if (!hasScreen()) {
      const xvfb = start(find(screen)!, ['-displayfd', '1', '-nolisten', 'tcp'])
      running.push(xvfb)
      // It looks for a free number itself, and tells it as soon as it can be drawn on.
      env['DISPLAY'] = `:${await firstLine(xvfb.child)}`
    }
    // The sandbox asks for what the superuser of a container does not have.
    if (process.getuid?.() === 0) env['WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS'] = '1'
    const port = await freePort()
    const webDriver = start(find(driver)!, [`--port=${port}`], env)
    running.push(webDriver)
    const root = `http://127.0.0.1:${port}`
    await answers(`${root}/status`, webDriver.child)
    const { sessionId } = await send<{ sessionId: string }>('POST', `${root}/session`, {
      capabilities: {},
    })
    const session = `${root}/session/${sessionId}`
    return {
      newPage: () => newPage(session),
      close: () => send('DELETE', session).then(end, end),
    }
  } catch (error) {
    await end()
    throw error
  }
}

async function newPage(session: string): Promise<Page> {
  const { handle } = await send<{ handle: string }>('POST', `${session}/window/new`, {
    type: 'tab',
  })
  const sendHere = async (path: string, parameters: object): Promise<unknown> => {
    await send('POST', `${session}/window`, { handle })
    return send('POST', `${session}/${path}`, parameters)
  }
  return {
    goto: (address) => sendHere('url', { url: address }),
    evaluate: (expression) =>
      sendHere('execute/sync', { script: `return (${expression})`, args: [] }),
  }
}

/** One command of WebDriver. */
async function send<Value>(method: string, address: string, parameters?: object): Promise<Value> {
  const body = parameters && JSON.stringify(parameters)
  const response = await fetch(address, { method, ...(body && { body }) })
  const { value } = (await response.json()) as { value: Value }
  if (!response.ok) throw new Error(`${method} ${address}: ${JSON.stringify(value)}`)
  return value
}

/** Waits until a server answers, whatever it says. */
async function answers(address: string, server: ChildProcess): Promise<void> {
  while (!hasEnded(server)) {
    const response = await fetch(address).catch(() => undefined)
    if (response) return
    await pause(20)
  }
  throw new Error(`nothing answers at ${address}`)
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stdout! })) return line
  throw new Error('the program ended without a word')
}

async function freePort(): Promise<string> {
  const server = await listen()
  const port = portOf(server)
  await once(server.close(), 'close')
  return port
}

// The engines: where they are, and how they run a script that defines `bench`.
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { chromium } from 'playwright-core'
import { launch } from 'puppeteer-core'
import * as programs from '../programs.mjs'

const longest = 600_000

/**
 * By name: `find` gives a path, or `undefined` where there is none; `run(path, script, options)` gives
 * the engine's version and what `bench(options)` does.
 */
export const engines = {
  node: { platform: 'node', find: () => process.execPath, run: runInNode },
  chromium: {
    platform: 'browser',
    find: () => programs.find(programs.chromium),
    run: runInChromium,
  },
  firefox: {
    platform: 'browser',
    find: () => programs.find(programs.firefox),
    run: runInFirefox,
  },
  hermes: {
    ...{ platform: 'browser', host: 'hermes-host' },
    ...{ find: programs.findHermes, run: runInHermes },
  },
}

/** In a fresh process, in which nothing else has run. */
async function runInNode(path, script, options) {
  const { node, v8 } = process.versions
  const call = `bench(${JSON.stringify(options)}).then((came) => console.log(JSON.stringify(came)))`
  const came = JSON.parse(await outputOf(path, ['-'], `${script}\n${call}`))
  return { ...came, version: `Node ${node}, V8 ${v8}` }
}

/** As a release of an app is run: lowered by React Native's Babel preset, and optimized. */
async function runInHermes(path, script, options) {
  const call = `bench(${JSON.stringify(options)}).then((came) => print(JSON.stringify(came)))`
  const lowered = await programs.lower(`${script}\n${call}`)
  const came = JSON.parse(await outputOf(path, ['-O', '-w', '-Xmicrotask-queue', '-'], lowered))
  const [, version] = /release version: (\S+)/.exec(await outputOf(path, ['--version']))
  return { ...came, version: `Hermes ${version}` }
}

/** What a program prints, given its input. */
async function outputOf(path, args, input = '') {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'inherit'], timeout: longest })
  const chunks = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  // A program that ends before it has read all says enough by its status.
  child.stdin.on('error', () => undefined).end(input)
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`${path} ends with ${status}`)
  return Buffer.concat(chunks).toString()
}

async function runInChromium(executablePath, script, options) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  return runInBrowser(browser, `Chromium ${browser.version()}`, script, options)
}

async function runInFirefox(executablePath, script, options) {
  const browser = await launch({ browser: 'firefox', executablePath, protocolTimeout: longest })
  const version = await browser.version()
  return runInBrowser(browser, version.replace(/^firefox\//i, 'Firefox '), script, options)
}

async function runInBrowser(browser, version, script, options) {
  const server = createServer((request, response) => {
    // Only isolated pages are told the time exactly, and only those that can be trusted, as on this
    // host, may use its cryptography, which a peer asks for.
    const isolation = {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    }
    if (request.url === '/script.js')
      response.writeHead(200, { 'content-type': 'text/javascript;charset=utf-8' }).end(script)
    else
      response
        .writeHead(200, { 'content-type': 'text/html', ...isolation })
        .end('<!doctype html><title>bench</title><script src="/script.js"></script>')
  })
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    const came = await page.evaluate((options) => globalThis.bench(options), options)
    return { ...came, version }
  } finally {
    await browser.close()
    server.close()
  }
}

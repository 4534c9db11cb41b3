// Packs the library as it would be published, installs the tarball in a project outside the
// checkout and lets every kind of consumer use it. A consumer is a folder with a check.mjs that
// fails where something is wrong and says so when it has come to its end. Run `npm run build` before.
import { Buffer } from 'node:buffer'
import { execFile } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
const checkout = fileURLToPath(new URL('../..', import.meta.url))

// The slow ones first, so that no lane waits for one at the end.
const consumers = [
  { name: 'typescript-5.4', folder: 'typescript' },
  { name: 'typescript-5.9', folder: 'typescript' },
  { name: 'typescript', folder: 'typescript' },
  { name: 'typescript-7', folder: 'typescript' },
  { name: 'metro-default', folder: 'metro' },
  { name: 'metro-hermes-stable', folder: 'metro' },
  { name: 'jest' },
  { name: 'jest-pnpm', folder: 'jest' },
  { name: 'webpack' },
  { name: 'vite' },
  { name: 'rollup' },
  { name: 'esbuild' },
  { name: 'node-esm' },
  { name: 'node-require' },
  { name: 'no-globals' },
  { name: 'contents' },
]

// Only these are visible besides the tarball and its dependencies: a package that the library uses
// without declaring it is not found.
const tools = [
  '@babel/core',
  '@babel/plugin-transform-modules-commonjs',
  '@react-native/babel-preset',
  '@types/node',
  'babel-jest',
  'esbuild',
  'jest',
  'metro',
  'rollup',
  'typescript',
  'typescript-5.4',
  'typescript-5.9',
  'typescript-7',
  'vite',
  'webpack',
]

// Part of every React Native app: the output of Metro and Babel imports it, and what it depends on.
const companions = ['metro-runtime']

const lanes = 2
const longest = 120_000

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2)
  const failures = await checkAll(
    consumers.filter(({ name }) => !wanted.length || wanted.includes(name)),
  )
  process.exitCode = failures ? 1 : 0
}

async function checkAll(list) {
  // Resolved, since some tools compare real paths and a temporary folder may be a link.
  const temporary = await realpath(await mkdtemp(join(tmpdir(), 'latchkey-consumers-')))
  const service = await startService()
  let failures = 0
  const waiting = [...list]
  const work = async (project) => {
    for (let next; (next = waiting.shift());) {
      const { good, seconds, output } = await check(project, next, service.endpoint)
      if (!good) failures++
      console.log(`${good ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s  ${next.name}`)
      if (!good) console.log(output)
    }
  }
  try {
    const startedAt = performance.now()
    const project = await createProject({ checkout, folder: join(temporary, 'project') })
    const seconds = (performance.now() - startedAt) / 1000
    console.log(`ok     ${seconds.toFixed(1).padStart(6)} s  pack and install`)
    await Promise.all(Array.from({ length: lanes }, () => work(project)))
  } finally {
    service.stop()
    await rm(temporary, { recursive: true, force: true })
  }
  return failures
}

async function check(project, { name, folder = name }, endpoint) {
  const startedAt = performance.now()
  // A folder of its own for every run, since two of the same kind may run at once.
  const cwd = join(project, name)
  cpSync(join(here, folder), cwd, { recursive: true })
  const outcome = await run(process.execPath, ['check.mjs', name, endpoint, checkout], {
    cwd,
    // Where tools keep caches: none is shared with another run or left behind.
    env: { ...process.env, TMPDIR: cwd, TEMP: cwd },
    timeout: longest,
    maxBuffer: 2 ** 26,
  }).catch((failure) => failure)
  return {
    good: !(outcome instanceof Error) && outcome.stdout.endsWith('finished\n'),
    seconds: (performance.now() - startedAt) / 1000,
    output: `${outcome.stdout}${outcome.stderr}`,
  }
}

/**
 * A project in `folder` in which the packed checkout is installed, as `npm install latchkey` would,
 * but without a network: the dependencies are packed too, from the checkout's node_modules.
 */
export async function createProject({ checkout, folder }) {
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', version: '1.0.0', private: true, type: 'module' }),
  )
  const beside = companions.map((name) => join(checkout, 'node_modules', name))
  const folders = [checkout, ...beside].flatMap((root) => [root, ...dependenciesOf(root)])
  const packed = await npm(folder, 'pack', '--json', '--ignore-scripts', ...new Set(folders))
  const tarballs = JSON.parse(packed.stdout).map(({ filename }) => `./${filename}`)
  await npm(folder, 'install', '--offline', '--ignore-scripts', ...tarballs)
  for (const name of tools) {
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(checkout, 'node_modules', name), link, 'dir')
  }
  cpSync(join(here, 'shared'), join(folder, 'shared'), { recursive: true })
  return folder
}

function npm(cwd, command, ...args) {
  return run('npm', [command, '--no-audit', '--no-fund', '--loglevel=error', ...args], { cwd })
}

/** The folders of the packages that a package needs, and that those need. */
function dependenciesOf(folder) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return Object.keys(dependencies).flatMap((name) => {
    const found = installedFolder(folder, name)
    return [found, ...dependenciesOf(found)]
  })
}

function installedFolder(from, name) {
  const candidate = join(from, 'node_modules', name)
  if (existsSync(candidate)) return candidate
  const above = dirname(from)
  if (above === from) throw new Error(`${name} is not installed: run npm ci`)
  return installedFolder(above, name)
}

/** A user pool that knows two access tokens: `good` is Ada's, any other has expired. */
async function startService() {
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray()
    const { AccessToken } = JSON.parse(Buffer.concat(chunks).toString())
    const good =
      AccessToken === 'good' &&
      request.headers['x-amz-target'] === 'AWSCognitoIdentityProviderService.GetUser'
    response.writeHead(good ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(
      JSON.stringify(
        good
          ? { Username: 'ada', UserAttributes: [] }
          : { __type: 'NotAuthorizedException', message: 'Access Token has expired' },
      ),
    )
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { endpoint: `http://127.0.0.1:${server.address().port}/`, stop }
}

// Engines that tests and benchmarks run: where they are, and what a script has to be for them. In plain
// JavaScript, for the benchmarks run without a compiler.
import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformAsync } from '@babel/core'

export const chromium = {
  name: 'Chromium',
  executables: ['chromium', 'chromium-browser', 'google-chrome'],
  variable: 'CHROMIUM',
  debian: 'chromium',
}

export const firefox = {
  name: 'Firefox',
  executables: ['firefox-esr', 'firefox'],
  variable: 'FIREFOX',
  debian: 'firefox-esr',
}

/** Where it is: what the environment variable says, else the first of its names on PATH. */
export function find({ executables, variable }) {
  if (process.env[variable]) return process.env[variable]
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders
    .flatMap((folder) => executables.map((executable) => join(folder, executable)))
    .find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** React Native's engine by platform and processor: all that the package has. */
export const hermesExecutables = {
  'linux x64': 'linux64-bin/hermes',
  'darwin x64': 'osx-bin/hermes',
  'darwin arm64': 'osx-bin/hermes',
  'win32 x64': 'win64-bin/hermes.exe',
}

/** Where that of this machine is, if there is one. */
export function findHermes() {
  const executable = hermesExecutables[`${process.platform} ${process.arch}`]
  if (!executable) return undefined
  const manifest = createRequire(import.meta.url).resolve('hermes-engine-cli/package.json')
  const path = join(manifest, '..', executable)
  return existsSync(path) ? path : undefined
}

/** Lowers a script as the release build of an app does, which knows nothing about the engine. */
export async function lower(script) {
  const lowered = await transformAsync(script, {
    configFile: false,
    babelrc: false,
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    // Never read; the preset asks what kind of file it is.
    filename: 'app.js',
    presets: [
      [
        '@react-native/babel-preset',
        {
          // What `react-native bundle` passes on unless it is told otherwise. It lowers more than
          // `hermes-stable`, and is what nearly every app has.
          unstable_transformProfile: 'default',
          // A release, whatever NODE_ENV says.
          withDevTools: false,
          // The same helpers, in the script instead of imported: it is bundled already.
          enableBabelRuntime: false,
        },
      ],
    ],
  })
  return lowered.code
}

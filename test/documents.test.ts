import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

// What the documents say, held against what there is.

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The rows of a document's tables, cell by cell, without their heads. */
const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => /^\| *[^-| ]/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|')))

describe('README', () => {
  const blocks = [...read('README.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!)

  test('its examples compile as a stranger would compile them', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(2)
    const options: ts.CompilerOptions = {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Preserve,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      types: [],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      paths: {
        latchkey: [join(root, 'src/index.ts')],
        'latchkey/srp': [join(root, 'src/srp/index.ts')],
        'latchkey/local': [join(root, 'src/local/index.ts')],
      },
    }
    const host = ts.createCompilerHost(options)
    const files = new Map(blocks.map((code, at) => [join(root, `readme-${String(at)}.ts`), code]))
    const program = ts.createProgram([...files.keys()], options, {
      ...host,
      fileExists: (path) => files.has(path) || host.fileExists(path),
      readFile: (path) => files.get(path) ?? host.readFile(path),
      getSourceFile: (path, version) => {
        const code = files.get(path)
        return code === undefined
          ? host.getSourceFile(path, version)
          : ts.createSourceFile(path, code, version)
      },
    })
    const errors = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
    expect(errors).toEqual([])
  })

  test('its table has every option and no other', () => {
    const [, table = ''] = read('README.md').split('## Options')
    const named = rows(table.split('\n## ')[0]!)
      .map(([name]) => name!.replaceAll('`', ''))
      .slice(1)
    const [, declared = ''] = /export interface Options \{([\s\S]*?)\n\}/.exec(
      read('src/options.ts'),
    )!
    const options = [...declared.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name)
    expect(options.length).toBeGreaterThan(10)
    expect(named).toEqual(options)
  })
})

describe('CONTRIBUTING', () => {
  const files = rows(read('CONTRIBUTING.md'))
    .map(([name]) => name!.replaceAll('`', ''))
    .filter((name) => name.startsWith('src/'))

  test('names every source file once', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `src/${name}`)
    expect([...files].sort()).toEqual(sources.sort())
  })

  test('no file imports one that stands above it', () => {
    for (const file of files)
      for (const [, target] of read(file).matchAll(/from '(\.[^']+)'/g)) {
        const imported = relative(root, join(root, dirname(file), target!))
        expect(files.indexOf(imported), `${file} imports ${imported}`).toBeGreaterThan(
          files.indexOf(file),
        )
      }
  })
})

describe('SECURITY', () => {
  const claims = rows(read('SECURITY.md')).slice(1)

  test('makes claims', () => {
    expect(claims.length).toBeGreaterThanOrEqual(12)
  })

  test.each(claims)('%s', (_claim, proof = '') => {
    const named = [...proof.matchAll(/`(test\/[^`]+)`(?:: “([^”]+)”)?/g)]
    expect(named.length).toBeGreaterThan(0)
    for (const [, file = '', title] of named) {
      expect(existsSync(join(root, file)), file).toBe(true)
      if (title) expect(read(file)).toContain(title)
    }
  })
})

test('the change log begins with the version of the package', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  expect(read('CHANGELOG.md')).toMatch(new RegExp(`^# Changes\n\n## ${version}\\b`))
})

test('the lock file has the packages of every platform, not only of the one that wrote it', () => {
  interface Locked {
    readonly optionalDependencies?: Readonly<Record<string, string>>
  }
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Readonly<Record<string, Locked>>
  }
  /** Where a dependency is looked for: beside the package, then further out. */
  const places = (path: string, name: string): string[] => {
    const own = `${path ? `${path}/` : ''}node_modules/${name}`
    return path === ''
      ? [own]
      : [own, ...places(/^(.*?)\/?node_modules\/(?:@[^/]+\/)?[^/]+$/.exec(path)![1]!, name)]
  }
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !places(path, name).some((place) => place in packages),
    ),
  )
  expect(missing).toEqual([])
})

test('nothing in the project names a machine or where its packages came from', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved"/)
})

import { expect, onTestFinished, test, vi } from 'vitest'
import { areInstalled } from './installed.ts'
import { find } from './programs.mjs'

const node = { name: 'Node', executables: ['none', 'node'], variable: 'NONE', debian: 'nodejs' }
const none = { name: 'None', executables: ['none'], variable: 'NONE', debian: 'none' }

function setUp(environment: Record<string, string>) {
  for (const [name, value] of Object.entries({ PATH: process.env['PATH'], ...environment }))
    vi.stubEnv(name, value)
  const said = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => {
    vi.unstubAllEnvs()
    said.mockRestore()
  })
  return said
}

test('a program is found on PATH by any of its names, or where its variable says', () => {
  setUp({ NONE: '' })
  expect(find(node)).toMatch(/\/node$/)
  expect(find(none)).toBeUndefined()
  setUp({ NONE: '/opt/none' })
  expect(find(node)).toBe('/opt/none')
})

test('what is there needs no words', () => {
  const said = setUp({ CI: 'true', NONE: '' })
  expect(areInstalled(node)).toBe(true)
  expect(said).not.toHaveBeenCalled()
})

test('what is missing is said loudly, with what to do about it', () => {
  const said = setUp({ CI: '', NONE: '' })
  expect(areInstalled(node, none)).toBe(false)
  expect(said).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/!{100}\nNO NONE FOUND.*apt-get install none/),
  )
})

test('and fails where the tests decide about a change', () => {
  setUp({ CI: 'true', NONE: '' })
  expect(() => areInstalled(node, none)).toThrow('NO NONE FOUND')
})

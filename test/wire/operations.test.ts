import { expect, test } from 'vitest'
import {
  compareWithModel,
  factsOfModel,
  factsOfSource,
  measure,
  readModel,
  readOperationsSource,
} from './operations-model.ts'

const model = readModel()
const source = readOperationsSource()

test('the types of the operations say what the model says', () => {
  expect(compareWithModel(source, model)).toEqual([])
  console.log('compared with the model:', measure(factsOfSource(source)))
})

test('nothing of the model is left out of the comparison', () => {
  const facts = factsOfModel(model)
  const pairs = Object.values(model.operations).flatMap(({ errors }) => errors)
  expect(facts.operations.size).toBe(32)
  expect(new Set(pairs).size).toBe(42)
  expect(pairs.length).toBe(371)
  expect(measure(facts)).toEqual(measure(factsOfSource(source)))
  expect(measure(facts).errors).toBe(371)
})

test('every name of an error in the model is one of its shapes, and the other way round', () => {
  const raised = new Set(Object.values(model.operations).flatMap(({ errors }) => errors))
  const shapes = Object.entries(model.shapes).filter(([, { exception }]) => exception)
  expect([...raised].sort()).toEqual(shapes.map(([name]) => name).sort())
})

test.each([
  ['a superfluous operation', '  DeleteUser: {', '  EraseUser: {}\n  DeleteUser: {', /EraseUser/],
  [
    'a superfluous member',
    'readonly DeviceGroupKey?',
    'readonly More?: string\n  readonly DeviceGroupKey?',
    /More: superfluous/,
  ],
  ['a wrong type', 'readonly ExpiresIn?: number', 'readonly ExpiresIn?: string', /must be number/],
  [
    'a text that has known values',
    'readonly AuthFlow: AuthFlow',
    'readonly AuthFlow: string',
    /must be enum, is string/,
  ],
  [
    'a superfluous value',
    "FeedbackValue: 'Valid' | 'Invalid'",
    "FeedbackValue: 'Valid' | 'Invalid' | 'Perhaps'",
    /Perhaps: superfluous/,
  ],
  [
    'a superfluous error',
    "type Limit = 'LimitExceededException'",
    "type Limit = 'LimitExceededException' | 'OutOfInkException'",
    /OutOfInkException: superfluous/,
  ],
  [
    'a list in place of its item',
    'readonly Device: Device',
    'readonly Device: Device[]',
    /must be structure, is list/,
  ],
  [
    'an item in place of its list',
    'readonly Devices?: readonly Device[]',
    'readonly Devices?: Device',
    /must be list, is structure/,
  ],
  [
    'an optional input member that does not admit undefined',
    'readonly Limit?: number | undefined',
    'readonly Limit?: number',
    /Limit: must admit undefined/,
  ],
  [
    'an output member that admits undefined',
    'readonly SecretCode?: string',
    'readonly SecretCode?: string | undefined',
    /SecretCode: must not admit undefined/,
  ],
])('the comparison sees %s', (_what, before, after, said) => {
  expect(source.split(before).length).toBe(2)
  const found = compareWithModel(source.replace(before, after), model)
  expect(found.join('\n')).toMatch(said)
})

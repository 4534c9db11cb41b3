import ts from 'typescript'
import { expect, test } from 'vitest'
import {
  compareWithModel,
  declarationsOf,
  parseSource,
  readModel,
  readOperationsSource,
} from './operations-model.ts'
import type { Declaration, ServiceModel } from './operations-model.ts'

// The proof that the comparison overlooks nothing: whatever is taken from either side, or changed
// on the side of the types, is reported.

interface Edit {
  readonly what: string
  readonly kind: 'removal' | 'required mark' | 'type'
  readonly start: number
  readonly end: number
  readonly put: string
}

const model = readModel()
const source = readOperationsSource()

const exchanged: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.StringKeyword]: 'number',
  [ts.SyntaxKind.NumberKeyword]: 'string',
  [ts.SyntaxKind.BooleanKeyword]: 'string',
  [ts.SyntaxKind.ObjectKeyword]: 'string',
  [ts.SyntaxKind.UnknownKeyword]: 'string',
}

/** Every single change of what is reachable from `Operations`. */
function edits(text: string): Edit[] {
  const declarations = declarationsOf(parseSource(text))
  const found: Edit[] = []
  const seen = new Set<Declaration>()
  const put = (node: ts.Node, kind: Edit['kind'], what: string, by: string): void => {
    const line = text.slice(0, node.getStart()).split('\n').length
    found.push({
      what: `line ${line}: ${what} ${node.getText().split('\n')[0]!}`,
      kind,
      start: node.getStart(),
      end: node.end,
      put: by,
    })
  }
  const reach = (name: string): void => {
    const declaration = declarations.get(name)
    if (!declaration || seen.has(declaration)) return
    seen.add(declaration)
    visit(declaration)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node)) {
      put(node, 'removal', 'without', '')
      if (node.questionToken) put(node.questionToken, 'required mark', 'no longer optional', '')
      else put(node.name, 'required mark', 'no longer required', `${node.name.getText()}?`)
    } else if (ts.isHeritageClause(node)) put(node, 'removal', 'without', '')
    else if (ts.isExpressionWithTypeArguments(node)) reach(node.expression.getText())
    else if (ts.isLiteralTypeNode(node)) put(node, 'removal', 'without', 'never')
    else if (ts.isTypeReferenceNode(node)) {
      reach(node.typeName.getText())
      if (ts.isUnionTypeNode(node.parent)) put(node, 'removal', 'without', 'never')
      else put(node, 'type', 'another type than', 'never')
    } else if (node.kind === ts.SyntaxKind.UndefinedKeyword)
      put(node, 'removal', 'without', 'never')
    if (ts.isIntersectionTypeNode(node))
      for (const part of node.types) put(part, 'removal', 'without', '{}')
    if (ts.isArrayTypeNode(node)) put(node, 'type', 'no list', node.elementType.getText())
    const other = exchanged[node.kind]
    if (other !== undefined) put(node, 'type', `${other} instead of`, other)
    ts.forEachChild(node, visit)
  }
  reach('Operations')
  return found
}

test('whatever is taken from the types, or changed in them, is reported', () => {
  const all = edits(source)
  const silent: string[] = []
  const broken: string[] = []
  for (const { what, start, end, put } of all) {
    const changed = source.slice(0, start) + put + source.slice(end)
    if (compareWithModel(changed, model).length === 0) silent.push(what)
    const { diagnostics = [] } = ts.transpileModule(changed, { reportDiagnostics: true })
    if (diagnostics.length > 0) broken.push(what)
  }
  const count = (kind: Edit['kind']): number => all.filter((one) => one.kind === kind).length
  console.log(
    `changes of the types: ${all.length} (${count('removal')} removals,`,
    `${count('required mark')} required marks, ${count('type')} types)`,
  )
  expect(silent).toEqual([])
  // Otherwise a report would only say that the text cannot be read.
  expect(broken).toEqual([])
  expect(count('removal')).toBeGreaterThan(400)
  expect(count('required mark')).toBeGreaterThan(200)
})

test('whatever is taken from the model is reported', () => {
  const silent: string[] = []
  const counts = { operations: 0, members: 0, values: 0, marks: 0, errors: 0 }
  const without = (
    kind: keyof typeof counts,
    what: string,
    remove: (copy: ServiceModel) => void,
  ): void => {
    counts[kind]++
    const copy = structuredClone(model)
    remove(copy)
    if (compareWithModel(source, copy).length === 0) silent.push(`${kind}: ${what}`)
  }
  for (const [name, { errors }] of Object.entries(model.operations)) {
    without('operations', name, ({ operations }) => Reflect.deleteProperty(operations, name))
    for (const [index, error] of errors.entries())
      without('errors', `${name} ${error}`, ({ operations }) =>
        operations[name]!.errors.splice(index, 1),
      )
  }
  for (const name of reachableShapes()) {
    const { members = {}, required = [], enum: values = [] } = model.shapes[name]!
    for (const member of Object.keys(members))
      without('members', `${name}.${member}`, ({ shapes }) =>
        Reflect.deleteProperty(shapes[name]!.members!, member),
      )
    for (const [index, member] of required.entries())
      without('marks', `${name}.${member}`, ({ shapes }) =>
        shapes[name]!.required!.splice(index, 1),
      )
    for (const [index, value] of values.entries())
      without('values', `${name} ${value}`, ({ shapes }) => shapes[name]!.enum!.splice(index, 1))
  }
  console.log('removals from the model:', counts)
  expect(silent).toEqual([])
  expect(counts.operations).toBe(32)
  expect(counts.errors).toBe(371)
})

/** Every shape but those that only errors have. */
function reachableShapes(): string[] {
  const inErrors = new Set(
    Object.entries(model.shapes).flatMap(([name, { exception, members = {} }]) =>
      exception ? [name, ...Object.values(members).map(({ shape }) => shape)] : [],
    ),
  )
  return Object.keys(model.shapes).filter((name) => !inErrors.has(name))
}

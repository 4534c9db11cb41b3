import { readFileSync } from 'node:fs'
import ts from 'typescript'

// Two readings of the service's operations, brought into one form: of the model, and of the types
// that a source text declares. What differs between them is a list of sentences.

/** One shape of the model. */
export interface ModelShape {
  readonly type: string
  readonly document?: true
  readonly exception?: true
  readonly enum?: string[]
  readonly required?: string[]
  readonly members?: Record<string, { readonly shape: string }>
  readonly member?: { readonly shape: string }
}

/** One operation of the model. */
export interface ModelOperation {
  readonly input: string
  readonly output: string | null
  readonly errors: string[]
}

/** What is known of the service. */
export interface ServiceModel {
  readonly operations: Record<string, ModelOperation>
  readonly shapes: Record<string, ModelShape>
}

export type DataType =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'map' | 'document' }
  | { readonly kind: 'enum'; readonly values: ReadonlySet<string> }
  | { readonly kind: 'list'; readonly item: DataType }
  | { readonly kind: 'structure'; readonly members: Members }
  | { readonly kind: 'other'; readonly text: string }

export interface Member {
  readonly required: boolean
  /** Whether `undefined` may be written where the member could be left out. */
  readonly admitsUndefined: boolean
  readonly type: DataType
}

export type Members = ReadonlyMap<string, Member>

export interface OperationFacts {
  readonly input: Members
  readonly output: Members
  readonly errors: ReadonlySet<string>
}

export interface Facts {
  readonly operations: ReadonlyMap<string, OperationFacts>
  /** What could not be made sense of. */
  readonly problems: readonly string[]
}

const besides = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

/** A fresh copy of the model. */
export const readModel = (): ServiceModel =>
  JSON.parse(besides('../data/service-model.json')) as ServiceModel

/** The text of the types that are held against the model. */
export const readOperationsSource = (): string => besides('../../src/wire/operations.ts')

/** What the types of a source text say differently from the model. */
export function compareWithModel(sourceText: string, model: ServiceModel): string[] {
  const said = factsOfSource(sourceText)
  return [...said.problems, ...differences(said.operations, factsOfModel(model).operations)]
}

/** How much there is to compare, at every depth of every operation. */
export function measure({ operations }: Facts): {
  members: number
  requiredMarks: number
  enumValues: number
  errors: number
} {
  const count = { members: 0, requiredMarks: 0, enumValues: 0, errors: 0 }
  const visitType = (type: DataType): void => {
    if (type.kind === 'enum') count.enumValues += type.values.size
    else if (type.kind === 'list') visitType(type.item)
    else if (type.kind === 'structure') visitMembers(type.members)
  }
  const visitMembers = (members: Members): void => {
    for (const { required, type } of members.values()) {
      count.members++
      if (required) count.requiredMarks++
      visitType(type)
    }
  }
  for (const { input, output, errors } of operations.values()) {
    visitMembers(input)
    visitMembers(output)
    count.errors += errors.size
  }
  return count
}

/** The model in the common form. */
export function factsOfModel({ operations, shapes }: ServiceModel): Facts {
  const typeOf = (name: string, side: Side): DataType => {
    const shape = shapes[name]
    if (!shape) return { kind: 'other', text: name }
    if (shape.document) return { kind: 'document' }
    if (shape.enum) return { kind: 'enum', values: new Set(shape.enum) }
    if (shape.type === 'structure') return { kind: 'structure', members: membersOf(name, side) }
    if (shape.member) return { kind: 'list', item: typeOf(shape.member.shape, side) }
    if (shape.type === 'integer' || shape.type === 'timestamp') return { kind: 'number' }
    if (shape.type === 'string' || shape.type === 'boolean' || shape.type === 'map')
      return { kind: shape.type }
    return { kind: 'other', text: shape.type }
  }
  const membersOf = (name: string | null, side: Side): Members => {
    const { members = {}, required = [] } = (name === null ? undefined : shapes[name]) ?? {}
    return new Map(
      Object.entries(members).map(([member, { shape }]) => {
        const isRequired = required.includes(member)
        const admitsUndefined = side === 'input' && !isRequired
        return [member, { required: isRequired, admitsUndefined, type: typeOf(shape, side) }]
      }),
    )
  }
  return {
    problems: [],
    operations: new Map(
      Object.entries(operations).map(([name, { input, output, errors }]) => [
        name,
        {
          input: membersOf(input, 'input'),
          output: membersOf(output, 'output'),
          errors: new Set(errors),
        },
      ]),
    ),
  }
}

type Side = 'input' | 'output'

export type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration

/** The interfaces and type aliases of a file, by name. */
export function declarationsOf(file: ts.SourceFile): ReadonlyMap<string, Declaration> {
  return new Map(
    file.statements
      .filter((one) => ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one))
      .map((one) => [one.name.text, one]),
  )
}

export const parseSource = (text: string): ts.SourceFile =>
  ts.createSourceFile('operations.ts', text, ts.ScriptTarget.ES2022, true)

/** The types of a source text in the common form. */
export function factsOfSource(text: string): Facts {
  const declarations = declarationsOf(parseSource(text))
  const problems: string[] = []

  const membersOf = (elements: readonly ts.TypeElement[]): Members => {
    const members = new Map<string, Member>()
    for (const element of elements) {
      if (!ts.isPropertySignature(element) || !element.type) {
        problems.push(`not understood: ${element.getText()}`)
        continue
      }
      members.set(element.name.getText(), {
        required: !element.questionToken,
        admitsUndefined: partsOf(element.type).some(isUndefined),
        type: typeOf(element.type),
      })
    }
    return members
  }

  const merged = (types: readonly DataType[], text: string): DataType => {
    const members = new Map<string, Member>()
    for (const type of types) {
      if (type.kind !== 'structure') return { kind: 'other', text }
      for (const [name, member] of type.members) members.set(name, member)
    }
    return { kind: 'structure', members }
  }

  const declared = (declaration: Declaration): DataType => {
    if (ts.isTypeAliasDeclaration(declaration)) return typeOf(declaration.type)
    const parents = (declaration.heritageClauses ?? []).flatMap(({ types }) =>
      types.map(({ expression }) => named(expression.getText())),
    )
    const own: DataType = { kind: 'structure', members: membersOf(declaration.members) }
    return merged([...parents, own], declaration.name.text)
  }

  const named = (name: string): DataType => {
    const declaration = declarations.get(name)
    return declaration ? declared(declaration) : { kind: 'other', text: name }
  }

  const referred = (node: ts.TypeReferenceNode): DataType => {
    const name = node.typeName.getText()
    const [first, second] = node.typeArguments ?? []
    if (!first) return named(name)
    if (name === 'Readonly') return typeOf(first)
    if (name === 'Record' && second && first.kind === ts.SyntaxKind.StringKeyword) {
      if (second.kind === ts.SyntaxKind.UnknownKeyword) return { kind: 'document' }
      const texts = partsOf(second).some(isUndefined) && typeOf(second).kind === 'string'
      if (texts) return { kind: 'map' }
    }
    if (name === 'Exclude' && second) {
      const all = typeOf(first)
      const without = typeOf(second)
      if (all.kind === 'enum' && without.kind === 'enum')
        return {
          kind: 'enum',
          values: new Set([...all.values].filter((value) => !without.values.has(value))),
        }
    }
    return { kind: 'other', text: node.getText() }
  }

  const united = (node: ts.UnionTypeNode): DataType => {
    const parts = partsOf(node).filter((part) => !isUndefined(part) && !isNever(part))
    const types = parts.map(typeOf)
    if (types.length === 1) return types[0]!
    const values = new Set<string>()
    for (const type of types) {
      if (type.kind !== 'enum') return { kind: 'other', text: node.getText() }
      for (const value of type.values) values.add(value)
    }
    return { kind: 'enum', values }
  }

  const typeOf = (node: ts.TypeNode): DataType => {
    if (node.kind === ts.SyntaxKind.StringKeyword) return { kind: 'string' }
    if (node.kind === ts.SyntaxKind.NumberKeyword) return { kind: 'number' }
    if (node.kind === ts.SyntaxKind.BooleanKeyword) return { kind: 'boolean' }
    if (node.kind === ts.SyntaxKind.ObjectKeyword) return { kind: 'document' }
    if (isNever(node)) return { kind: 'enum', values: new Set() }
    if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal))
      return { kind: 'enum', values: new Set([node.literal.text]) }
    if (ts.isParenthesizedTypeNode(node)) return typeOf(node.type)
    if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword)
      return typeOf(node.type)
    if (ts.isArrayTypeNode(node)) return { kind: 'list', item: typeOf(node.elementType) }
    if (ts.isTypeLiteralNode(node)) return { kind: 'structure', members: membersOf(node.members) }
    if (ts.isIntersectionTypeNode(node)) return merged(node.types.map(typeOf), node.getText())
    if (ts.isUnionTypeNode(node)) return united(node)
    if (ts.isTypeReferenceNode(node)) return referred(node)
    return { kind: 'other', text: node.getText() }
  }

  /** The members of `Operations` and of each of its rows: none of them can be optional. */
  const rows = (type: DataType, where: string): Members => {
    if (type.kind !== 'structure') {
      problems.push(`${where}: not an object type`)
      return new Map()
    }
    for (const [name, { required }] of type.members)
      if (!required) problems.push(`${where}.${name}: must not be optional`)
    return type.members
  }

  const operations = new Map<string, OperationFacts>()
  for (const [name, operation] of rows(named('Operations'), 'Operations')) {
    const parts = rows(operation.type, name)
    for (const part of parts.keys())
      if (!['input', 'output', 'errors'].includes(part)) problems.push(`${name}: has ${part}`)
    const side = (part: Side): Members => {
      const type = parts.get(part)?.type
      if (type?.kind === 'structure') return type.members
      problems.push(`${name}.${part}: not an object type`)
      return new Map()
    }
    const errors = parts.get('errors')?.type
    if (errors?.kind !== 'enum') problems.push(`${name}.errors: not a union of names`)
    operations.set(name, {
      input: side('input'),
      output: side('output'),
      errors: errors?.kind === 'enum' ? errors.values : new Set(),
    })
  }
  return { operations, problems }
}

const partsOf = (node: ts.TypeNode): readonly ts.TypeNode[] =>
  ts.isUnionTypeNode(node) ? node.types : [node]
const isUndefined = (node: ts.TypeNode): boolean => node.kind === ts.SyntaxKind.UndefinedKeyword
const isNever = (node: ts.TypeNode): boolean => node.kind === ts.SyntaxKind.NeverKeyword

function differences(
  said: ReadonlyMap<string, OperationFacts>,
  known: ReadonlyMap<string, OperationFacts>,
): string[] {
  return [
    ...differingNames('operation', said.keys(), known.keys()),
    ...[...known].flatMap(([name, operation]) => {
      const ours = said.get(name)
      if (!ours) return []
      return [
        ...differingMembers(`${name}.input`, ours.input, operation.input),
        ...differingMembers(`${name}.output`, ours.output, operation.output),
        ...differingNames(`${name}: error`, ours.errors, operation.errors),
      ]
    }),
  ]
}

function differingNames(what: string, said: Iterable<string>, known: Iterable<string>): string[] {
  const saidNames = new Set(said)
  const knownNames = new Set(known)
  return [
    ...[...knownNames].filter((one) => !saidNames.has(one)).map((one) => `${what} ${one}: missing`),
    ...[...saidNames]
      .filter((one) => !knownNames.has(one))
      .map((one) => `${what} ${one}: superfluous`),
  ]
}

function differingMembers(path: string, said: Members, known: Members): string[] {
  return [
    ...differingNames(`${path}: member`, said.keys(), known.keys()),
    ...[...known].flatMap(([name, member]) => {
      const ours = said.get(name)
      if (!ours) return []
      const found = differingTypes(`${path}.${name}`, ours.type, member.type)
      if (ours.required !== member.required)
        found.push(`${path}.${name}: must be ${member.required ? 'required' : 'optional'}`)
      if (ours.admitsUndefined !== member.admitsUndefined)
        found.push(`${path}.${name}: must ${member.admitsUndefined ? '' : 'not '}admit undefined`)
      return found
    }),
  ]
}

function differingTypes(path: string, said: DataType, known: DataType): string[] {
  if (said.kind === 'structure' && known.kind === 'structure')
    return differingMembers(path, said.members, known.members)
  if (said.kind === 'list' && known.kind === 'list')
    return differingTypes(`${path}[]`, said.item, known.item)
  if (said.kind === 'enum' && known.kind === 'enum')
    return differingNames(`${path}: value`, said.values, known.values)
  if (said.kind === known.kind && said.kind !== 'other') return []
  return [`${path}: must be ${known.kind}, is ${said.kind === 'other' ? said.text : said.kind}`]
}

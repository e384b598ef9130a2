/** What a document asks `_entities` for, whatever it calls the field and its variables. */
import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  visit,
} from 'graphql'
import { NexusError } from './errors.ts'

type Variables = Readonly<Record<string, unknown>> | undefined

const most = 10_000

const isAsked = ({ name }: FieldNode): boolean => name.value === '_entities'

/** One reference stands for a list of it. */
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** The references that a field is given; those written out are not read, but counted. */
function referencesOf(field: FieldNode, defaults: ReadonlyMap<string, ValueNode>, variables: Variables) {
  const given = field.arguments?.find(({ name }) => name.value === 'representations')?.value
  const written = (value: ValueNode) => (value.kind === Kind.LIST ? value.values : [value])
  if (given?.kind !== Kind.VARIABLE) return given ? written(given) : []
  const value = variables?.[given.name.value]
  if (value !== undefined) return listOf(value)
  const instead = defaults.get(given.name.value)
  return instead ? written(instead) : []
}

const defaultsOf = (operations: readonly OperationDefinitionNode[]) =>
  new Map(
    operations.flatMap(({ variableDefinitions = [] }) =>
      variableDefinitions.flatMap(({ variable, defaultValue }) =>
        defaultValue ? [[variable.name.value, defaultValue] as const] : [],
      ),
    ),
  )

export type Entities = {
  /** How many references there are in all. Throws VALIDATION_ERROR past 10,000. */
  check(variables: Variables): void
  /** The type of one of them, by the response key of the field and its place; null where it is not known. */
  typeAt(key: string, index: number, variables: Variables): string | null
}

/** Of a document, once; null where `_entities` is not asked for. */
export function entitiesOf(document: DocumentNode): Entities | null {
  const fields: FieldNode[] = []
  visit(document, { Field: (field) => (isAsked(field) ? void fields.push(field) : undefined) })
  if (fields.length === 0) return null
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  const defaults = defaultsOf(operations as OperationDefinitionNode[])
  return {
    check: (variables) => {
      const count = fields.reduce((sum, field) => sum + referencesOf(field, defaults, variables).length, 0)
      if (count > most) throw new NexusError('VALIDATION_ERROR', `At most ${most} entities at once`)
    },
    typeAt: (key, index, variables) => {
      const field = fields.find(({ alias, name }) => (alias ?? name).value === key)
      const one = field && referencesOf(field, defaults, variables)[index]
      const named = (one as { __typename?: unknown } | null | undefined)?.__typename
      return typeof named === 'string' ? named : null
    },
  }
}

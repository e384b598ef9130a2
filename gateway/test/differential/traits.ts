import { type DocumentNode, Kind, parse, type SelectionSetNode, visit } from 'graphql'

/** What the SDLs of subgraphs say of the types that they share. */
export type Traits = {
  isEntity(type: string): boolean
  keyFields(type: string): ReadonlySet<string>
  /** The interface of entities that a type belongs to, or the type itself. */
  family(type: string): string
  /** The types of a family, in an order that all subgraphs agree on. */
  members(family: string): readonly string[]
  required(type: string, field: string): SelectionSetNode | undefined
  /** Whether a field must not fail: others depend on it. `Type.field`, or a path that ends in one. */
  reliable(field: string): boolean
}

export function traitsOf(documents: readonly DocumentNode[]): Traits {
  const keys = new Map<string, Set<string>>()
  const requires = new Map<string, SelectionSetNode>()
  const families = new Map<string, string>()
  const members = new Map<string, Set<string>>()
  const dependedOn = new Set<string>()
  const selectionOf = (fields: string): SelectionSetNode => {
    const [definition] = parse(`{${fields}}`, { noLocation: true }).definitions
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(fields)
    visit(definition, { Field: ({ name }) => void dependedOn.add(name.value) })
    return definition.selectionSet
  }
  for (const document of documents)
    for (const type of document.definitions) {
      if (!('fields' in type) || !('interfaces' in type) || !type.name) continue
      const { value: name } = type.name
      for (const directive of type.directives ?? []) {
        const fields = directive.arguments?.find((of) => of.name.value === 'fields')?.value
        if (directive.name.value !== 'key' || fields?.kind !== Kind.STRING) continue
        const names = keys.get(name) ?? new Set()
        keys.set(name, names)
        for (const selection of selectionOf(fields.value).selections)
          if (selection.kind === Kind.FIELD) names.add(selection.name.value)
        if (type.kind === Kind.INTERFACE_TYPE_DEFINITION && !members.has(name)) members.set(name, new Set())
      }
      for (const field of type.fields ?? [])
        for (const directive of ('directives' in field && field.directives) || []) {
          const fields = directive.arguments?.find((of) => of.name.value === 'fields')?.value
          if (directive.name.value === 'requires' && fields?.kind === Kind.STRING)
            requires.set(`${name}.${field.name.value}`, selectionOf(fields.value))
        }
    }
  for (const document of documents)
    for (const type of document.definitions)
      if (type.kind === Kind.OBJECT_TYPE_DEFINITION)
        for (const { name } of type.interfaces ?? [])
          if (members.has(name.value)) {
            members.get(name.value)!.add(type.name.value)
            families.set(type.name.value, name.value)
          }
  const family = (type: string) => families.get(type) ?? type
  const none: ReadonlySet<string> = new Set()
  return {
    isEntity: (type) => keys.has(type),
    keyFields: (type) => keys.get(family(type)) ?? keys.get(type) ?? none,
    family,
    members: (of) => [...(members.get(of) ?? [])].toSorted(),
    required: (type, field) => requires.get(`${type}.${field}`) ?? requires.get(`${family(type)}.${field}`),
    reliable: (field) =>
      dependedOn.has(
        field
          .replace(/[({].*$/, '')
          .split('.')
          .at(-1)!,
      ),
  }
}

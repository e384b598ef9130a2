import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  visit,
} from 'graphql'

/** What subgraphs ask of each other: names of fields, and those among them that are asked with arguments. */
export type Required = { readonly fields: ReadonlySet<string>; readonly withArguments: ReadonlySet<string> }

/** The fields in the keys and requirements of a supergraph. */
export function requiredOf(supergraphSdl: string): Required {
  const fields = new Set(['__typename'])
  const withArguments = new Set<string>()
  const read = ({ value }: ArgumentNode) => {
    if (value.kind !== Kind.STRING) return
    visit(parse(`{${value.value}}`, { noLocation: true }), {
      Field({ name, arguments: given }) {
        fields.add(name.value)
        if (given?.length) withArguments.add(name.value)
      },
    })
  }
  visit(parse(supergraphSdl, { noLocation: true }), {
    Directive({ name, arguments: given }) {
      if (name.value !== 'join__type' && name.value !== 'join__field') return
      for (const argument of given ?? [])
        if (argument.name.value === 'key' || argument.name.value === 'requires') read(argument)
    },
  })
  return { fields, withArguments }
}

/** A document whose names cannot be mistaken for those that a plan adds, and the way back to the client's. */
export type Renamed = { document: DocumentNode; toClient(name: string): string }

const planned = /__alias_\d+$/

/**
 * A plan asks for keys and required fields beside what the client asks. Where a client calls something else by
 * such a name (`id: name`, or `price(in: EUR)` where `price(in: USD)` is required), its answer gets another
 * name on the way. So does the variable `representations`, which the calls for entities need.
 */
export function renamed(document: DocumentNode, { fields, withArguments }: Required): Renamed {
  const mistakable = ({ alias, name, arguments: given }: FieldNode): boolean => {
    const key = (alias ?? name).value
    if (planned.test(key)) return true
    if (!fields.has(key) || key === '__typename') return key === '__typename' && name.value !== key
    return key !== name.value || Boolean(given?.length) || withArguments.has(key)
  }
  const prefix = unusedPrefix(document)
  const rename = (name: string) => ({ kind: Kind.NAME, value: prefix + name }) as const
  const own = visit(document, {
    Field: (field) =>
      mistakable(field) ? { ...field, alias: rename((field.alias ?? field.name).value) } : undefined,
    Variable: (variable) =>
      variable.name.value === 'representations'
        ? { ...variable, name: rename('representations') }
        : undefined,
  })
  return {
    document: own,
    toClient: (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name),
  }
}

function unusedPrefix(document: DocumentNode): string {
  const names = new Set<string>()
  visit(document, { Name: ({ value }) => void names.add(value) })
  let prefix = 'own_'
  while ([...names].some((name) => name.startsWith(prefix))) prefix += '_'
  return prefix
}

/** The operation of a name, or the only one. */
export function operationIn(
  document: DocumentNode,
  name: string | undefined,
): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter((of) => of.kind === Kind.OPERATION_DEFINITION)
  if (name) return operations.find((operation) => operation.name?.value === name)
  return operations.length === 1 ? operations[0] : undefined
}

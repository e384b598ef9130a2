import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql'

/** What subgraphs ask of each other: names of fields, and those among them that are asked with arguments. */
export type Required = { readonly fields: ReadonlySet<string>; readonly withArguments: ReadonlySet<string> }

/** The fields in the keys and requirements of a supergraph. */
export function requiredOf(supergraph: DocumentNode): Required {
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
  visit(supergraph, {
    Directive({ name, arguments: given }) {
      if (name.value !== 'join__type' && name.value !== 'join__field') return
      for (const argument of given ?? [])
        if (argument.name.value === 'key' || argument.name.value === 'requires') read(argument)
    },
  })
  return { fields, withArguments }
}

/** A document whose names cannot be mistaken for others, and the way back to the client's. */
export type Renamed = { document: DocumentNode; toClient(name: string): string }

const planned = /__alias_\d+$/

/**
 * A plan asks for keys and required fields beside what the client asks. Where a client calls something else by
 * such a name (`id: name`, or `price(in: EUR)` where `price(in: USD)` is required), its answer gets another
 * name on the way. So does what has one name and is not the same on two types: where a subgraph does not tell
 * the types apart, a plan would ask for one of the two only. And so does the variable `representations`, which
 * the calls for entities need.
 */
export function renamed(document: DocumentNode, { fields, withArguments }: Required): Renamed {
  const meanings = meaningsOf(document)
  const isMistakable = ({ alias, name, arguments: given }: FieldNode): boolean => {
    const key = (alias ?? name).value
    if (meanings.get(key)!.length > 1 || planned.test(key)) return true
    if (!fields.has(key)) return false
    return key !== name.value || Boolean(given?.length) || withArguments.has(key)
  }
  const prefix = unusedPrefix(document)
  const rename = (index: number, name: string) =>
    ({ kind: Kind.NAME, value: `${prefix}${index}_${name}` }) as const
  const own = visit(document, {
    Field(field) {
      if (!isMistakable(field)) return undefined
      const key = (field.alias ?? field.name).value
      return { ...field, alias: rename(meanings.get(key)!.indexOf(meaningOf(field)), key) }
    },
    Variable: (variable) =>
      variable.name.value === 'representations'
        ? { ...variable, name: rename(0, 'representations') }
        : undefined,
  })
  return {
    document: own,
    toClient: (name) => (name.startsWith(prefix) ? name.replace(/^[^\d]*\d+_/, '') : name),
  }
}

const meaningOf = ({ name, arguments: given = [] }: FieldNode): string =>
  given.length === 0 ? name.value : `${name.value}(${given.map(print).toSorted().join()})`

/** What each name stands for. */
function meaningsOf(document: DocumentNode): Map<string, string[]> {
  const meanings = new Map<string, string[]>()
  visit(document, {
    Field(field) {
      const key = (field.alias ?? field.name).value
      const known = meanings.get(key) ?? []
      const meaning = meaningOf(field)
      if (!known.includes(meaning)) known.push(meaning)
      meanings.set(key, known)
    },
  })
  return meanings
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

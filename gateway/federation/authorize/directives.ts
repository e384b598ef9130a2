import { type ConstDirectiveNode, type ConstValueNode, type DocumentNode, Kind } from 'graphql'

/** The directives that say who may see something. */
export type Authorizing = 'authenticated' | 'requiresScopes' | 'policy'

const authorizing: readonly Authorizing[] = ['authenticated', 'requiresScopes', 'policy']
const spec = /^https:\/\/specs\.apollo\.dev\/(authenticated|requiresScopes|policy|federation)\/v\d/

/**
 * The names under which a supergraph uses the authorization directives: as its links import, prefix or rename them.
 * A directive of such a name that comes from elsewhere is another one. Source: the specification of `@link`.
 */
export function directivesOf(supergraph: DocumentNode): ReadonlyMap<string, Authorizing> {
  const names = new Map<string, Authorizing>()
  for (const definition of supergraph.definitions)
    if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION)
      for (const link of definition.directives ?? [])
        for (const [name, element] of linked(link)) names.set(name, element)
  return names
}

function linked(link: ConstDirectiveNode): [name: string, element: Authorizing][] {
  const url = textOf(argumentOf(link, 'url'))
  const [, feature] = spec.exec(url ?? '') ?? []
  if (!feature) return []
  const namespace = textOf(argumentOf(link, 'as')) ?? feature
  const imports = importsOf(argumentOf(link, 'import'))
  const offered = authorizing.filter((element) => feature === element || feature === 'federation')
  // What is imported has its prefixed name, too: a name too many guards nothing that it should not.
  return offered.flatMap((element): [string, Authorizing][] => [
    ...imports.filter(({ of }) => of === element).map(({ as }): [string, Authorizing] => [as, element]),
    [`${namespace}__${element}`, element],
    ...(feature === element ? [[namespace, element] as [string, Authorizing]] : []),
  ])
}

/** `import: ["@a", { name: "@b", as: "@c" }]`, without the `@`; what is no directive is left out. */
function importsOf(value: ConstValueNode | undefined): { of: string; as: string }[] {
  const elements = value?.kind === Kind.LIST ? value.values : value ? [value] : []
  return elements.flatMap((element) => {
    const field = (name: string) =>
      element.kind === Kind.OBJECT ? element.fields.find((of) => of.name.value === name)?.value : undefined
    const of = textOf(element.kind === Kind.OBJECT ? field('name') : element)
    const as = textOf(field('as')) ?? of
    return of?.startsWith('@') && as ? [{ of: of.slice(1), as: as.replace(/^@/, '') }] : []
  })
}

export const argumentOf = (
  { arguments: given }: ConstDirectiveNode,
  name: string,
): ConstValueNode | undefined => given?.find((of) => of.name.value === name)?.value

export const textOf = (value: ConstValueNode | undefined): string | undefined =>
  value?.kind === Kind.STRING ? value.value : undefined

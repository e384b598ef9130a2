/** The graph, asked by every member of another tenant, in documents that the schema itself gives. */
import { randomBytes } from 'node:crypto'
import { type GraphQLSchema, getNamedType, isObjectType } from 'graphql'
import { leaksIn } from './canary.ts'
import { each } from './client.ts'
import {
  argumentsOf,
  type Document,
  documentFor,
  fieldsOf,
  objectsOf,
  type Path,
  pathsOf,
  placeOf,
  type Values,
} from './documents.ts'
import type { Ledger } from './ledger.ts'
import { type Names, namesOf, plain } from './names.ts'
import { type Principal, principals } from './principals.ts'
import type { Scratch } from './scratch.ts'

type Attack = {
  document: Document
  kind: string
  name: string
  noun: string
  compares: boolean
  isWide: boolean
}
/** Where the path was attacked as everybody: who may most, and a program. */
const fewest: readonly Principal[] = ['admin', 'api']
/** Of ids that an argument hardly means. */
const most = 6

const kindOf: Record<string, string> = {
  query: 'fields',
  mutation: 'mutations',
  subscription: 'subscriptions',
}

/** Opens what the schema has: object fields, arguments, mutations and subscriptions. */
export function openGraph(schema: GraphQLSchema, ledger: Ledger): void {
  const from = 'schema/api.graphql'
  const of = (type: { getFields(): object } | null | undefined) => Object.keys(type?.getFields() ?? {})
  ledger.open('fields', `${from}: fields of all object types`, fieldsOf(schema))
  ledger.open('arguments', `${from}: arguments and fields of inputs`, argumentsOf(schema))
  ledger.open('mutations', `${from}: fields of Mutation`, of(schema.getMutationType()))
  ledger.open('subscriptions', `${from}: fields of Subscription`, of(schema.getSubscriptionType()))
}

/** Writes down that a document was asked, for all that it names. */
export function covered(ledger: Ledger, { covers }: Document): void {
  for (const name of covers) ledger.attacked(name.includes('(') ? 'arguments' : 'fields', name)
}

/** The documents for all types below a root, for each of its fields, and for each argument that is given below it. */
export function attacksOf(schema: GraphQLSchema, root: Path['root']): Attack[] {
  const paths = pathsOf(schema)
  const kind = kindOf[root]!
  const rootType = schema.getRootType(root)
  if (!rootType) return []
  const attacks: Attack[] = []
  const nounOf = (steps: Path['steps']) =>
    steps[0] ? getNamedType(steps[0].field.type).name.replace(/Connection$|Payload$/, '') : 'x'
  for (const field of Object.values(rootType.getFields())) {
    const steps = [{ parent: rootType.name, field }]
    const end = getNamedType(field.type)
    if (!isObjectType(end)) continue
    const name = root === 'query' ? `Query.${field.name}` : field.name
    attacks.push({
      document: documentFor({ root, steps }, end),
      kind,
      name,
      noun: nounOf(steps),
      compares: true,
      isWide: true,
    })
  }
  for (const type of objectsOf(schema)) {
    const path = paths.get(type.name)
    if (!path || path.root !== root || path.steps.length < 2) continue
    const document = documentFor(path, type)
    attacks.push({
      document,
      kind,
      name: `${path.steps[0]!.field.name} .. ${type.name}`,
      noun: nounOf(path.steps),
      compares: true,
      isWide: false,
    })
  }
  for (const chosen of argumentsOf(schema)) {
    const place = placeOf(schema, paths, chosen)
    const path = place && paths.get(place.parent)
    if (!path || path.root !== root) continue
    const end = getNamedType(place.field.type)
    const steps = [...path.steps, place]
    const document = isObjectType(end)
      ? documentFor({ root, steps }, end, chosen)
      : documentFor(path, objectsOf(schema).find(({ name }) => name === place.parent)!, chosen)
    // What its input lies in counts too: a field of an input is named by no document.
    const whole = { ...document, covers: [...document.covers, chosen] }
    attacks.push({
      document: whole,
      kind: 'arguments',
      name: chosen,
      noun: nounOf(steps),
      compares: true,
      isWide: false,
    })
  }
  return attacks
}

/** Answers for values of the victim, for such as nobody has, and for the attacker's own. */
export function valuesFor(names: Names, noun: string, own: Scratch['attacker'], foreign?: string) {
  const guess = (of: (place: string) => string): Values => ({ ...names.values(''), id: of })
  const absent: Values = {
    id: () => names.absent,
    text: (name) => (/email/i.test(name) ? 'nobody@example.test' : `no${randomBytes(4).toString('hex')}`),
  }
  const table = (id: string) => names.ids.find(([known]) => known === id)?.[1].replace(/\.id$/, '')
  const theirs = guess((place) => foreign ?? names.like(place, noun))
  const ours = guess((place) => String(own.rows.get(table(names.like(place, noun)) ?? '')?.id ?? own.id))
  return { theirs, absent, ours }
}

const cursors = /"(?:endCursor|startCursor|cursor)":"([^"]+)"/

/** @param rootsOnly leaves out what lies deeper, and arguments one by one */
export async function attackQueries(
  scratch: Scratch,
  schema: GraphQLSchema,
  ledger: Ledger,
  rootsOnly = false,
): Promise<void> {
  const { client, attacker, owner, secrets } = scratch
  const names = namesOf(scratch)
  const attacks = attacksOf(schema, 'query' as Path['root'])
  await each(
    attacks.filter(({ isWide }) => isWide || !rootsOnly),
    async ({ document, kind, name, noun, isWide }) => {
      const { query, variables } = document
      const seen = await client.graphql(owner, query, variables(valuesFor(names, noun, attacker).theirs))
      ledger.control(kind, leaksIn(seen.text, secrets).length)
      ledger.control('fields', leaksIn(seen.text, secrets).length)
      const cursor = /\((?:after|before)\)$/.test(name) ? cursors.exec(seen.text)?.[1] : undefined
      const withCursor = (values: Values): Values => (cursor ? { ...values, text: () => cursor } : values)
      const { theirs, absent, ours } = valuesFor(names, noun, attacker)
      for (const principal of isWide ? principals : fewest) {
        const token = await scratch.staying(principal)
        const ask = async (values: Values, attack: string) => {
          const { text } = await client.graphql(token, query, variables(values))
          covered(ledger, document)
          ledger.attacked(kind, name)
          const leaked = leaksIn(text, secrets)
          if (leaked.length > 0) ledger.leak(kind, name, `${attack}, as ${principal}`, leaked)
          return plain(text)
        }
        const none = await ask(absent, 'with ids of nobody')
        const foreign: Values[] = [withCursor(theirs)]
        if (isWide && principal === 'admin' && document.covers.some((each) => each.includes('(id)')))
          foreign.push(...names.ids.slice(0, most).map(([id]) => valuesFor(names, noun, attacker, id).theirs))
        for (const values of foreign)
          if ((await ask(values, 'with ids of the victim')) !== none && !cursor)
            ledger.leak(kind, name, `with ids of the victim, as ${principal}`, ['that it is there'])
        if (kind === 'fields') await ask(ours, 'with own ids')
      }
    },
  )
}

export async function attackMutations(
  scratch: Scratch,
  schema: GraphQLSchema,
  ledger: Ledger,
): Promise<void> {
  const { client, attacker, secrets } = scratch
  const names = namesOf(scratch)
  // One after the other: a mutation may end what the next one comes in by.
  for (const { document, kind, name, noun, isWide } of attacksOf(schema, 'mutation' as Path['root'])) {
    const { query, variables } = document
    for (const principal of kind === 'arguments' ? fewest : principals) {
      let isNamed = false
      const ask = async (values: Values, attack: string) => {
        const id: Values['id'] = (place) => {
          isNamed = true
          return values.id(place)
        }
        const { text } = await client.graphql(
          await scratch.as(principal),
          query,
          variables({ ...values, id }),
        )
        covered(ledger, document)
        ledger.attacked(kind, name)
        const leaked = leaksIn(text, secrets)
        if (leaked.length > 0) ledger.leak(kind, name, `${attack}, as ${principal}`, leaked)
        // That it did something at all: what it did, it did to nobody else.
        ledger.control(kind, /"data":\{"[^"]+":\{/.test(text) ? 1 : 0)
        ledger.control('mutations', /"data":\{"[^"]+":\{/.test(text) ? 1 : 0)
        return plain(text)
      }
      const { theirs, absent } = valuesFor(names, noun, attacker)
      // Texts are the same in both: what is compared is the id alone.
      const none = await ask({ ...absent, text: theirs.text }, 'with ids of nobody')
      if (!isNamed) continue
      const foreign = [theirs]
      if (isWide && principal === 'admin')
        foreign.push(...names.ids.slice(0, most).map(([id]) => valuesFor(names, noun, attacker, id).theirs))
      for (const values of foreign)
        if ((await ask(values, 'with ids of the victim')) !== none)
          ledger.leak(kind, name, `with ids of the victim, as ${principal}`, ['that it is there'])
    }
  }
}

/** What the victim's rows are, table by table: what an attack changes shows. That its own key was used is no change. */
export async function checksums({ query, relations, victim }: Scratch): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const { name, kind, tenant } of relations) {
    if (kind !== 'table' || !tenant) continue
    const [row] = await query(
      `select count(*) || ' ' || coalesce(md5(string_agg((to_jsonb(t) - 'last_used_at')::text, '' order by to_jsonb(t)::text)), '') as sum
        from ${name} t where "${tenant}" = $1`,
      [victim.id],
    )
    found.set(name, String(row!.sum))
  }
  return found
}

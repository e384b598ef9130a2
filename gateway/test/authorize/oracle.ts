import assert from 'node:assert/strict'
import {
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { Caller } from './house.ts'

/** Who may see a type or a field: what the SDLs say, written once more and by hand. */
type Rules = Readonly<Record<string, (caller: Caller) => boolean>>

const signedIn = ({ scopes }: Caller) => scopes !== undefined
const may =
  (...names: string[]) =>
  ({ scopes }: Caller) =>
    names.every((name) => scopes?.includes(name))
const met =
  (...names: string[]) =>
  ({ policies }: Caller) =>
    names.every((name) => policies?.includes(name))

const secretVault: Rules = Object.fromEntries(
  ['Vault.id', 'Vault.code', 'Query.vault', 'Query.vaults', 'Query.solid', 'User.vault'].map((of) => [
    of,
    signedIn,
  ]),
)
export const rules: Rules = {
  ...secretVault,
  'Query.secret': signedIn,
  'Query.must': signedIn,
  'Query.level': signedIn,
  'User.level': signedIn,
  'Query.scoped': (caller) => may('a', 'b')(caller) || may('admin')(caller),
  'Query.ruled': (caller) => met('adult', 'local')(caller) || met('staff')(caller),
  'Query.all': (caller) => signedIn(caller) && may('a')(caller) && met('staff')(caller),
  'Query.token': may('tokens'),
  'Mutation.close': signedIn,
  'User.email': signedIn,
  'User.phone': may('pii'),
  'User.salary': may('pay'),
  'Salary.amount': may('pay'),
  'User.account': signedIn,
  'Box.label': signedIn,
  'Media.sold': signedIn,
  'Book.sold': signedIn,
  'Film.sold': signedIn,
  'Doc.id': signedIn,
  'Address.street': signedIn,
  'User.greeting': signedIn,
  'User.far': signedIn,
}
export const scopes = ['a', 'b', 'admin', 'tokens', 'pii', 'pay']
export const policies = ['adult', 'local', 'staff']
export const everything: Caller = { scopes, policies }

const isVisible = (coordinate: string, caller: Caller) => rules[coordinate]?.(caller) ?? true

/** Throws when an answer tells what its caller may not see: each text says which field it is of. */
export function assertSilent(answer: unknown, caller: Caller): void {
  const text = JSON.stringify(answer)
  for (const [, coordinate] of text.matchAll(/"(\w+\.\w+)"/g))
    assert.ok(isVisible(coordinate!, caller), `${coordinate} is told to ${JSON.stringify(caller)}`)
  assert.ok(signedIn(caller) || !text.includes('"LOW"'), 'a level is told')
}

/** Throws when a subgraph is asked for what the caller may not see, unless it is the key of an entity. */
export function assertUnasked(query: string, schema: GraphQLSchema, caller: Caller): void {
  const info = new TypeInfo(schema)
  const keyed = new Set(['User.id', 'Doc.id', 'Media.id'])
  visit(
    parse(query),
    visitWithTypeInfo(info, {
      Field({ name: { value: name } }) {
        const parent = info.getParentType()
        if (name.startsWith('_') || !parent) return
        const types = isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent]
        for (const type of types) {
          assert.ok(isObjectType(type) || type === parent)
          const coordinate = `${type.name}.${name}`
          if (!keyed.has(coordinate))
            assert.ok(isVisible(coordinate, caller), `${coordinate} is asked for: ${query}`)
        }
      },
    }),
  )
}

type Path = readonly (string | number)[]

/** Throws unless an answer is that of who may see everything, but for nulls that an error stands for. */
export function assertPartOf(part: unknown, whole: unknown, errors: readonly Path[], path: Path = []): void {
  if (JSON.stringify(part) === JSON.stringify(whole)) return
  const at = path.join('.')
  if (part === null) {
    const near = errors.some((of) =>
      path.every((element, index) => index >= of.length || of[index] === element),
    )
    assert.ok(near, `${at} is null, and nobody says why`)
    return
  }
  assert.ok(typeof part === 'object' && typeof whole === 'object' && whole !== null, `${at} is another one`)
  assert.deepEqual(Object.keys(part as object), Object.keys(whole), `the form of ${at}`)
  for (const [key, value] of Object.entries(part as object)) {
    const element = Array.isArray(part) ? Number(key) : key
    assertPartOf(value, (whole as Record<string, unknown>)[key], errors, [...path, element])
  }
}

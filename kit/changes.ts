import { createHash, randomBytes } from 'node:crypto'
import { createPatch, createTests } from 'rfc6902'
import type { PersonalValues } from './journal.ts'
import { maskText } from './masking.ts'

/** A row that was changed: `before` is null for what was made, `after` for what is gone. */
export type Change = {
  type: string
  id: string
  before: object | null
  after: object | null
  /** The user whom its personal values are about, where the row does not say. */
  person?: string | null | undefined
}
/** What is written of changes, and of whom they tell. */
export type Written = {
  changes: unknown[]
  personal: PersonalValues[]
  /** SHA-256 over salt and contents, by the person. */
  commitments: Record<string, string>
}

const secret =
  /password|passphrase|secret|token|hash|credential|private|cookie|cipher|sealed|recovery|^(api)?key$/i
const ofPeople =
  /e-?mail|phone|^ip$|ipAddress|userAgent|(first|last|full|given|family|display|user)Name|^address$/i
const people = ['User', 'Account']
const mask = '[masked]'
const mostChanges = 100

const sha256 = (...texts: string[]): string =>
  texts.reduce((hash, text) => hash.update(text), createHash('sha256')).digest('hex')

/** What the entry says of the personal values that are kept apart: it holds without them. */
export const commitment = ({ salt, contents }: Pick<PersonalValues, 'salt' | 'contents'>): string =>
  sha256(salt, contents)

/** Personal values by whom they are about; what is written instead says where they are. */
function pockets() {
  const byPerson = new Map<string, unknown[]>()
  const keep = (person: string, value: unknown) => {
    const values = byPerson.get(person) ?? []
    byPerson.set(person, values)
    return { person, value: values.push(value) - 1 }
  }
  return { byPerson, keep }
}
type Keep = ReturnType<typeof pockets>['keep']

/** A row as JSON has it. Bytes are keys and hashes: nobody reads them. */
const plain = (row: object | null): Record<string, unknown> =>
  JSON.parse(JSON.stringify(row ?? {}, (_name, value) => (value?.type === 'Buffer' ? mask : value)))

type Kind = 'open' | 'secret' | 'personal'

function kindOf(type: string, path: readonly string[]): Kind {
  if (path.some((name) => secret.test(name))) return 'secret'
  if (path.some((name) => ofPeople.test(name))) return 'personal'
  return people.includes(type) && path[0] === 'name' ? 'personal' : 'open'
}

/** A value as it is written: numbers and truths under the name of a secret are settings, and stay. */
function written(
  type: string,
  path: readonly string[],
  value: unknown,
  keep: (value: unknown) => unknown,
): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  const kind = kindOf(type, path)
  if (kind === 'secret') return mask
  if (kind === 'personal') return keep(value)
  if (Array.isArray(value)) return value.map((each) => written(type, path, each, keep))
  if (typeof value === 'string') return maskText(value)
  if (typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, written(type, [...path, name], each, keep)]),
  )
}

const namesIn = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))

function writeChange({ type, id, ...change }: Change, actor: string, keep: Keep): unknown {
  const [before, after] = [plain(change.before), plain(change.after)]
  const row = { ...before, ...after }
  const person = change.person ?? (people.includes(type) ? id : String(row.userId ?? actor))
  const steps = createPatch(before, after)
  // RFC 6902: a test says what was there, so that a patch tells both sides.
  const patch = [...createTests(before, steps), ...steps].map((step) =>
    'value' in step
      ? { ...step, value: written(type, namesIn(step.path), step.value, (value) => keep(person, value)) }
      : step,
  )
  return { type, id, kind: change.before ? (change.after ? 'changed' : 'ended') : 'created', patch }
}

const nobody = '00000000-0000-0000-0000-000000000000'

/**
 * What the journal keeps of changes and of where the actor was. Of more than 100 changes the rest is a count and a
 * digest.
 */
export function write(
  changes: readonly Change[],
  actor: string | null,
  seen: { ip: string; userAgent: string | null } | null,
): Written {
  const { byPerson, keep } = pockets()
  const self = actor ?? nobody
  const told: unknown[] = seen ? [{ kind: 'seen', client: keep(self, seen) }] : []
  for (const change of changes.slice(0, mostChanges)) told.push(writeChange(change, self, keep))
  const rest = changes.slice(mostChanges)
  if (rest.length > 0) {
    const digest = sha256(
      JSON.stringify(rest.map((change) => writeChange(change, self, () => ({ person: '', value: 0 })))),
    )
    told.push({ kind: 'more', count: rest.length, digest })
  }
  const personal = [...byPerson].map(([person, values]) => ({
    person,
    salt: randomBytes(16).toString('hex'),
    contents: JSON.stringify(values),
  }))
  return {
    changes: told,
    personal,
    commitments: Object.fromEntries(personal.map((each) => [each.person, commitment(each)])),
  }
}

const isPlace = (value: object): value is { person: string; value: number } =>
  Object.keys(value).length === 2 && 'person' in value && 'value' in value && typeof value.value === 'number'

/** What was written, with the personal values that are still there in their places. */
export function filled<Value>(written: Value, personal: ReadonlyMap<string, readonly unknown[]>): Value {
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill)
    if (typeof value !== 'object' || value === null) return value
    if (isPlace(value)) return personal.get(value.person)?.[value.value] ?? '[erased]'
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fill(each)]))
  }
  return fill(written) as Value
}

/** What is done to a chain behind Nexus's back is found, whatever it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { write } from '../changes.ts'
import { newId } from '../id.ts'
import { type Chained, canonical, type Link, link, origin } from '../journal/chain.ts'
import { isSigned, signCheckpoint } from '../journal/checkpoint.ts'
import { chainWalk, personalProblem, type Row } from '../journal/verify.ts'
import { createKeys } from '../tokens.ts'

const organization = newId()
const keys = createKeys('the secret of a test, which is long enough')
const seen = { ip: '192.0.2.7', userAgent: 'a browser' }

const entryOf = (index: number): Chained => {
  const id = newId()
  const actor = newId()
  const change = { type: 'User', id: actor, before: { role: 'viewer' }, after: { role: 'admin', index } }
  const { changes, commitments } = write([change], actor, seen)
  return {
    actorId: actor,
    actorKind: 'user',
    apiKeyId: null,
    at: new Date(1_700_000_000_000 + index),
    changes,
    code: null,
    id,
    operation: 'updateUser',
    organizationId: organization,
    outcome: 'done',
    personal: commitments,
    requestId: newId(),
    service: 'gateway',
    subgraph: 'identity',
    subjectId: actor,
    subjectType: 'User',
  }
}

const length = 12
const entries = Array.from({ length }, (_, index) => entryOf(index))
const links = link({ sequence: 0, hash: origin }, entries)
const rows: readonly Row[] = links.map((each, index) => ({ link: each, entry: entries[index]! }))
const checkpoints = [4, 8, length].map((sequence) => {
  const { hash } = links[sequence - 1]!
  const at = new Date().toISOString()
  return signCheckpoint(keys, { kind: 'checkpoint', organization, sequence, hash, at })
})

const problemsOf = (tampered: readonly Row[]) => {
  const walk = chainWalk(organization, null, checkpoints)
  for (const row of tampered) walk.step(row)
  return walk.end()
}

/** Small and quick, and the same for a seed. */
const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

type Dice = { below(limit: number): number }
type Tampering = (rows: Row[], dice: Dice) => Row[]

/** One column of an entry, or one place inside of it, becomes another. */
function edited(entry: Chained, dice: Dice): Chained {
  const names = Object.keys(entry) as (keyof Chained)[]
  const name = names[dice.below(names.length)]!
  const value = entry[name]
  if (name === 'at') return { ...entry, at: new Date(entry.at.getTime() + 1 + dice.below(1e6)) }
  if (name === 'changes') {
    const text = JSON.stringify(value).replace('admin', `root${dice.below(1e6)}`)
    return { ...entry, changes: JSON.parse(text) }
  }
  if (name === 'personal') return { ...entry, personal: { [newId()]: origin } }
  return { ...entry, [name]: value === null ? 'something' : dice.below(2) ? `${value}x` : '' }
}

const replaced = (all: Row[], at: number, row: Row): Row[] => all.with(at, row)
const relinked = (all: Row[], from: number): Row[] => {
  const before = from === 0 ? { sequence: 0, hash: origin } : all[from - 1]!.link
  const made = link(
    before,
    all.slice(from).map(({ entry }) => entry!),
  )
  return [
    ...all.slice(0, from),
    ...made.map((each, index) => ({ link: each, entry: all[from + index]!.entry })),
  ]
}

const tamperings: Record<string, Tampering> = {
  'an entry is edited': (all, dice) => {
    const at = dice.below(all.length)
    return replaced(all, at, { link: all[at]!.link, entry: edited(all[at]!.entry!, dice) })
  },
  'an entry is edited and its own link made anew': (all, dice) => {
    const at = dice.below(all.length)
    const entry = edited(all[at]!.entry!, dice)
    const before = at === 0 ? { sequence: 0, hash: origin } : all[at - 1]!.link
    return replaced(all, at, { entry, link: link(before, [entry])[0]! })
  },
  'an entry is deleted': (all, dice) => {
    const at = dice.below(all.length)
    return replaced(all, at, { link: all[at]!.link, entry: null })
  },
  'an entry and its link are deleted': (all, dice) => all.toSpliced(dice.below(all.length), 1),
  'an entry is deleted and the rest linked anew': (all, dice) => {
    const at = dice.below(all.length)
    return relinked(all.toSpliced(at, 1), at)
  },
  'one is inserted': (all, dice) => {
    const at = dice.below(all.length)
    const entry = entryOf(dice.below(1_000))
    const made: Link = { ...all[at]!.link, entryId: entry.id }
    return all.toSpliced(at, 0, { entry, link: made })
  },
  'one is inserted and the rest linked anew': (all, dice) => {
    const at = dice.below(all.length)
    return relinked(all.toSpliced(at, 0, { entry: entryOf(at), link: all[at]!.link }), at)
  },
  'two entries are swapped': (all, dice) => {
    const one = dice.below(all.length)
    const other = (one + 1 + dice.below(all.length - 1)) % all.length
    const [first, second] = [all[one]!, all[other]!]
    const halfway = replaced(all, one, { link: first.link, entry: second.entry })
    return replaced(halfway, other, { link: second.link, entry: first.entry })
  },
  'two rows are swapped with their links': (all, dice) => {
    const one = dice.below(all.length)
    const other = (one + 1 + dice.below(all.length - 1)) % all.length
    const [first, second] = [all[one]!, all[other]!]
    const at = (row: Row, sequence: number): Row => ({ ...row, link: { ...row.link, sequence } })
    return replaced(
      replaced(all, one, at(second, first.link.sequence)),
      other,
      at(first, second.link.sequence),
    )
  },
  'the tail is cut off': (all, dice) => all.slice(0, dice.below(all.length)),
  'a suffix is edited and linked anew': (all, dice) => {
    const at = dice.below(all.length)
    return relinked(replaced(all, at, { link: all[at]!.link, entry: edited(all[at]!.entry!, dice) }), at)
  },
  'a link is made another': (all, dice) => {
    const at = dice.below(all.length)
    const name = dice.below(2) ? 'hash' : 'previous'
    const { link: was, entry } = all[at]!
    const flipped = was[name].replace(/^./, (digit) => (digit === 'f' ? '0' : 'f'))
    return replaced(all, at, { entry, link: { ...was, [name]: flipped } })
  },
}

test('an untouched chain is right', () => {
  assert.deepEqual(problemsOf(rows), [])
})

test('10,000 tamperings are found, each of them', () => {
  const next = random(Number(process.env.NEXUS_JOURNAL_SEED ?? 20_261_121))
  const dice = { below: (limit: number) => Math.floor(next() * limit) }
  const kinds = Object.entries(tamperings)
  const before = JSON.stringify(rows)
  const told = new Map<string, number>()
  for (let count = 0; count < 10_000; count += 1) {
    const [kind, tamper] = kinds[count % kinds.length]!
    const tampered = tamper([...rows], dice)
    assert.notEqual(JSON.stringify(tampered), before, `${kind} changed nothing`)
    const problems = problemsOf(tampered)
    assert.ok(problems.length > 0, `${kind} was not found at ${count}`)
    for (const problem of problems) told.set(problem.kind, (told.get(problem.kind) ?? 0) + 1)
  }
  for (const kind of ['edit', 'deletion', 'insertion', 'swap', 'truncation', 'rehash'])
    assert.ok(told.has(kind), `nothing was called ${kind}`)
})

test('a checkpoint of somebody else is none, and one of a former secret is known', () => {
  const [checkpoint] = checkpoints
  assert.equal(isSigned(keys, checkpoint!), true)
  assert.equal(isSigned(keys, { ...checkpoint!, sequence: 9 }), false)
  assert.equal(isSigned(keys, { ...checkpoint!, kind: 'anchor' }), false)
  const stranger = createKeys('another secret, which is just as long')
  assert.equal(isSigned(stranger, checkpoint!), null)
  const successor = createKeys(
    'another secret, which is just as long',
    'the secret of a test, which is long enough',
  )
  assert.equal(isSigned(successor, checkpoint!), true)
})

test('what is hashed is RFC 8785', async () => {
  const { default: canonicalize } = await import('canonicalize')
  for (const [index, entry] of entries.entries())
    assert.equal(canonical(entry, index + 1), canonicalize({ ...entry, sequence: index + 1 }))
})

test('secrets are masked, and personal values lie apart', () => {
  const actor = newId()
  const user = {
    id: newId(),
    email: 'eve@acme.example',
    name: 'Eve',
    role: 'viewer',
    passwordHash: 'argon2',
    note: 'call +1 202-555-0143',
  }
  const { changes, personal, commitments } = write(
    [
      { type: 'User', id: user.id, before: null, after: user },
      {
        type: 'ApiKey',
        id: newId(),
        before: null,
        after: { name: 'ci', hash: Buffer.from('x'), settings: { clientSecret: 'hush', tokenMinutes: 5 } },
      },
    ],
    actor,
    seen,
  )
  const text = JSON.stringify(changes)
  for (const hidden of ['eve@acme.example', 'Eve', 'argon2', '555-0143', 'hush', seen.ip, seen.userAgent])
    assert.ok(!text.includes(hidden), `${hidden} is in ${text}`)
  assert.ok(text.includes('"tokenMinutes":5') && text.includes('"ci"'), text)
  assert.deepEqual(personal.map(({ person }) => person).sort(), [actor, user.id].sort())
  assert.ok(JSON.stringify(personal).includes('eve@acme.example'))
  assert.equal(personalProblem({ personal: commitments }, personal), false)
  assert.equal(personalProblem({ personal: commitments }, personal.slice(1)), false)
  const [first] = personal
  assert.equal(personalProblem({ personal: commitments }, [{ ...first!, contents: '["another"]' }]), true)
})

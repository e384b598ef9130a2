import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGraph } from './graph.ts'

const note = { __typename: 'Note', text: 'n' }
const mail = { __typename: 'Mail', to: 'm', cc: { address: 'c' } }
const call = { __typename: 'Call', minutes: 3 }

/** Two subgraphs that share a field, of which each knows other members. */
const graph = () => {
  const sdl = (of: string, member: string, more = '') => `
    type Query { ${of}: Case common: Case @shareable }
    type Case @key(fields: "id") { id: ID! log: Log @shareable ${more} }
    type Log @shareable { entries: [Entry!]! }
    union Entry = Note | ${member}
    type Note @shareable { text: String }`
  const resolvers = (of: string, entries: object[], common: object[]) => ({
    Query: { [of]: () => ({ id: '1', entries }), common: () => ({ id: '1', entries: common }) },
    Case: {
      __resolveReference: ({ id }: { id: string }) => ({ id, entries }),
      log: ({ entries }: { entries: object[] }) => ({ entries }),
      ...(of === 'calls' && { owner: () => 'o', calls: () => ({ entries }) }),
    },
  })
  return openGraph({
    mails: {
      sdl: `${sdl('mails', 'Mail')} type Mail { to(upper: Boolean): String cc: Address } type Address { address: String }`,
      resolvers: resolvers('mails', [note, mail], [note]),
    },
    calls: {
      sdl: `${sdl('calls', 'Call', 'owner: String calls: Log')} type Call { minutes: Int }`,
      resolvers: resolvers('calls', [note, call], [note]),
    },
  })
}
const every = `{ __typename ... on Note { text } ... on Mail { cc { address } to } ... on Call { length: minutes } }`
const [ofNote, ofMail, ofCall] = [
  note,
  { __typename: 'Mail', cc: { address: 'c' }, to: 'm' },
  { __typename: 'Call', length: 3 },
]

test('a member that only one subgraph has is answered where that one answers', async () => {
  const { ask } = graph()
  const mails = await ask(`{ mails { log { entries ${every} } } }`)
  assert.equal(mails.errors, undefined)
  assert.deepEqual(mails.data.mails.log.entries, [ofNote, ofMail])
  assert.deepEqual(mails.calls, { mails: 1, calls: 0 })
  const calls = await ask(`{ calls { log { entries { ...all } } } } fragment all on Entry ${every}`)
  assert.equal(calls.errors, undefined)
  assert.deepEqual(calls.data.calls.log.entries, [ofNote, ofCall])
})

test('and so it is behind an entity, and where nothing of another is asked', async () => {
  const { ask } = graph()
  const behind = await ask(`{ mails { owner calls { entries ${every} } } }`)
  assert.equal(behind.errors, undefined)
  assert.deepEqual(behind.data.mails, { owner: 'o', calls: { entries: [ofNote, ofCall] } })
  const only = await ask('{ mails { log { entries { ... on Mail { to } ... on Call { minutes } } } } }')
  assert.equal(only.errors, undefined)
  assert.deepEqual(only.data.mails.log.entries, [{}, { to: 'm' }])
  const common = await ask(`{ common { log { entries ${every} } } }`)
  assert.deepEqual([common.errors, common.data.common.log.entries], [undefined, [ofNote]])
})

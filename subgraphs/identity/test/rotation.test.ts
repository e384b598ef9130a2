/** Refresh tokens as their holders live through it: pages that ask at once, lost answers, and thieves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rotation } from '../rules.ts'

type Token = { generation: number; usedAt: Date | null }

/** A session as the database keeps it, at a time of the test's own. */
function openSession() {
  let now = 0
  let ended = false
  const session = { generation: 1, rotatedAt: new Date(0) }
  const issue = (): Token => ({ generation: session.generation, usedAt: null })
  return {
    first: issue(),
    wait: (seconds: number) => {
      now += seconds * 1_000
    },
    isEnded: () => ended,
    /** The next token, or null when the session is over. */
    present(token: Token): Token | null {
      if (ended) return null
      const at = new Date(now)
      const what = rotation(token, session, at)
      if (what === 'replayed') {
        ended = true
        return null
      }
      token.usedAt ??= at
      if (what === 'advance') Object.assign(session, { generation: session.generation + 1, rotatedAt: at })
      return issue()
    },
  }
}

const waits = fc.integer({ min: 0, max: 900 })
const order = fc.array(fc.nat(9), { minLength: 1, maxLength: 10 })

test('pages of one browser that refresh at once, and answers that get lost, end no session', () => {
  // Each round: who asks with what the browser holds, whose answer comes last, and whether all were lost at first.
  const rounds = fc.array(fc.record({ wait: waits, order, isLost: fc.boolean(), again: fc.nat(30) }), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(rounds, (history) => {
      const session = openSession()
      let held = session.first
      for (const { wait, order, isLost, again } of history) {
        session.wait(wait)
        const sent = held
        const answers = order.map(() => session.present(sent))
        if (isLost) {
          session.wait(again)
          answers.push(session.present(sent))
        }
        for (const answer of answers) assert.ok(answer, 'somebody was signed out')
        held = answers[order.at(-1)! % answers.length]!
      }
      assert.equal(session.isEnded(), false)
    }),
    { numRuns: 2_000 },
  )
})

test('a token that comes back more than 30 seconds after its use ends the session for everybody', () => {
  const steps = fc.array(waits, { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(steps, fc.nat(), fc.integer({ min: 31, max: 10_000 }), (history, which, later) => {
      const session = openSession()
      const seen = [session.first]
      for (const wait of history) {
        session.wait(wait)
        seen.push(session.present(seen.at(-1)!)!)
      }
      const used = seen.slice(0, -1)
      session.wait(later)
      assert.equal(session.present(used[which % used.length]!), null)
      assert.equal(session.present(seen.at(-1)!), null)
    }),
    { numRuns: 2_000 },
  )
})

test('a thief and the one whose token it was do not both go on, whoever is first', () => {
  const turns = fc.array(fc.record({ wait: fc.integer({ min: 31, max: 900 }), isThief: fc.boolean() }), {
    minLength: 2,
    maxLength: 30,
  })
  fc.assert(
    fc.property(turns, fc.nat(30), (history, soon) => {
      const session = openSession()
      const stolen = session.first
      const held = { owner: session.present(stolen), thief: null as Token | null }
      session.wait(soon)
      held.thief = session.present(stolen)
      const asked = new Set<string>()
      for (const { wait, isThief } of history) {
        session.wait(wait)
        const who = isThief ? 'thief' : 'owner'
        const token = held[who]
        if (!token) break
        asked.add(who)
        held[who] = session.present(token)
        if (asked.size === 2) assert.ok(session.isEnded(), 'two of them go on')
      }
    }),
    { numRuns: 2_000 },
  )
})

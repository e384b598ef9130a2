import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '#kit/metrics.ts'
import { createBreaker } from '../federation/calls/breaker.ts'
import { body } from './faults/fault.ts'
import { openFaulty, well } from './faults/graph.ts'

test('how the gateway answers is counted: plans, calls and how they ended, and who is left alone', async (t) => {
  const metrics = createMetrics()
  let clock = 0
  const calls = (subgraph: string) => ({
    breaker: createBreaker({ failures: 3, now: () => clock }),
    ...(subgraph === 'scoring' && { deadlineMs: 300 }),
  })
  const { ask, behaviour } = await openFaulty(t, { metrics, calls })
  const counted = async (...lines: string[]) => {
    const told = new Set((await metrics.text()).split('\n'))
    assert.deepEqual(
      lines.filter((line) => !told.has(line)),
      [],
    )
  }
  const fetched = (outcome: string, count: number) =>
    `nexus_fetch_seconds_count{subgraph="scoring",outcome="${outcome}"} ${count}`

  await ask('{ total }')
  await ask('{ total }')
  await Promise.all([ask('{ total }'), ask('{ total }'), ask('{ total }')])
  await counted(
    'nexus_plan_seconds_count 1',
    'nexus_plan_hits_total 4',
    'nexus_remembered{what="documents"} 1',
    'nexus_remembered{what="plans"} 1',
    fetched('ok', 5),
    'nexus_fetch_shared_total{subgraph="scoring"} 2',
    'nexus_breaker_open{subgraph="scoring"} 0',
    'nexus_breaker_open{subgraph="inventory"} 0',
  )

  await ask('query ($a: Boolean!) { total @include(if: $a) owner }')
  behaviour.answer = body('{"errors":[{"message":"No","extensions":{"code":"FORBIDDEN"}}]}')
  await ask('{ total }')
  behaviour.answer = () => {}
  await ask('{ total }')
  behaviour.answer = ({ socket }) => socket.destroy()
  await ask('{ total }')
  await ask('{ total }')
  await counted(
    'nexus_remembered{what="documents"} 2',
    fetched('errors', 1),
    fetched('late', 1),
    fetched('failed', 1),
    fetched('resting', 1),
    'nexus_fetch_repeats_total{subgraph="scoring"} 1',
    'nexus_breaker_open{subgraph="scoring"} 1',
    'nexus_breaker_open{subgraph="inventory"} 0',
  )

  clock = 2_000
  await counted('nexus_breaker_open{subgraph="scoring"} 0.5')
  behaviour.answer = well
  await ask('{ total }')
  await counted('nexus_breaker_open{subgraph="scoring"} 0')
})

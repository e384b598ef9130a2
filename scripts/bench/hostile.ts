/**
 * `npm run bench:hostile`: what questions that no honest client asks cost the gateway, and what a bystander notices
 * of them. Writes `.bench/hostile.json`. `each=32 seed=7 ms=20000`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '#kit/register.ts'
import { attack, bystander, linesOf, percentile, refusalOf, warm } from '../../gateway/test/hostile/attack.ts'
import { corpus } from '../../gateway/test/hostile/corpus.ts'
import { startTarget } from '../../gateway/test/hostile/process.ts'

const settings = Object.fromEntries(process.argv.slice(2).map((pair) => pair.split('=')))
const ofEach = Number(settings.each ?? 32)
const seed = Number(settings.seed ?? 7)
const ms = Number(settings.ms ?? 20_000)
const mostCpuMs = 25

const hostile = corpus(ofEach, seed)
const target = await startTarget()
try {
  await warm(target)
  const { calls, cpuMs } = await target.used()
  const hits = await attack(target, hostile, { mostMs: mostCpuMs, repeats: 1 })
  const after = await target.used()
  const asked = after.calls - calls
  const calm = await bystander(target, { perSecond: 0, ms: ms / 2, seed })
  const attacked = await bystander(target, { perSecond: 50, ms, seed })
  const spent = hits.map(({ cpuMs }) => cpuMs)
  const goal = (name: string, value: number, wanted: number, better: 'higher' | 'lower') => ({
    name,
    value: Number(value.toFixed(3)),
    goal: wanted,
    better,
    ok: better === 'higher' ? value >= wanted : value <= wanted,
  })
  const goals = [
    goal('hostile.documents', hits.length, 2_000, 'higher'),
    goal('hostile.not_refused', hits.filter(({ reply }) => refusalOf(reply) !== null).length, 0, 'lower'),
    goal('hostile.subgraph_calls', asked, 0, 'lower'),
    goal('hostile.cpu_ms_max', Math.max(...spent), mostCpuMs, 'lower'),
    goal('hostile.cpu_ms_p99', percentile(spent, 0.99), mostCpuMs, 'lower'),
    goal('bystander.p99_ms', percentile(attacked, 0.99), 50, 'lower'),
  ]
  const rows = linesOf(hits)
  console.table(rows)
  const each = (after.cpuMs - cpuMs) / hits.length
  console.log(
    `all together, the collection of garbage and repeats included: ${each.toFixed(2)} ms of CPU each`,
  )
  console.log(
    `a bystander, when nothing else is asked: p99 ${percentile(calm, 0.99).toFixed(1)} ms of ${calm.length}`,
  )
  console.log(
    `a bystander, with 50 of these a second: p99 ${percentile(attacked, 0.99).toFixed(1)} ms of ${attacked.length}`,
  )
  console.table(goals)
  mkdirSync(join(root, '.bench'), { recursive: true })
  writeFileSync(join(root, '.bench', 'hostile.json'), `${JSON.stringify({ seed, rows, goals }, null, 2)}\n`)
} finally {
  await target.close()
}

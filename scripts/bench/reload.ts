/**
 * `npm run bench:reload`: whether anybody notices that supergraphs replace each other. Writes `.bench/reload.json`.
 * `reloads=1000 clients=8 listeners=5`.
 */
import { reloading } from '../../gateway/test/reloading.ts'
import { goal, keep, settings } from './goals.ts'

const { reloads = '1000', clients = '8', listeners = '5' } = settings
const found = await reloading(Number(reloads), Number(clients), Number(listeners))
const { failed, requests, events, seconds, answers, heapMb } = found
const [before, after] = heapMb
console.log(`${found.reloads} reloads in ${Math.round(seconds)} s: ${failed.length} of ${requests} requests failed,
${events} events heard, ${answers.known} answers with the field and ${answers.unknown} without,
heap ${before.toFixed(1)} MiB after 20 reloads, ${after.toFixed(1)} MiB in the end`)
if (failed.length > 0) console.log(failed.slice(0, 5).join('\n'))
const expected = Math.floor(found.reloads / 10) * Number(listeners)
keep('reload', {
  ...found,
  failed: failed.length,
  goals: [
    goal('reload.failed', failed.length, 0, 'lower'),
    goal('reload.events_heard', events / expected, 1, 'higher'),
    goal('reload.heap_growth_mb', after - before, 10, 'lower'),
  ],
})

/**
 * `npm run bench:memory`: whether the process of the gateway stays as large as it is while everybody asks what nobody
 * has asked before. Writes `.bench/memory.json`. `seconds=600 clients=4`.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { startBackend } from './backend.ts'
import { goal, keep, median, settings } from './goals.ts'
import { startPeer, type Used } from './peer.ts'

const seconds = Number(settings.seconds ?? 600)
const clients = Number(settings.clients ?? 4)

/** No two are the same: by an alias and a name, from 60 to 2,000 characters; each tenth is none. */
function operation(index: number): string {
  const own = `a${index.toString(36)}`
  const alert = `id title severity status asset { ${own}: name criticality vulnerabilities(first: 1) { cve score } }`
  switch (index % 10) {
    case 0:
      return `{ ${own}: nothing of this kind }`
    case 1:
      return `query Q${own} { ${Array.from({ length: 8 }, (_, page) => `p${page}: alerts(first: 1, page: ${page}) { ${alert} }`).join(' ')} }`
    case 2:
    case 3:
      return `query Q${own}($with: Boolean = true) { alerts(first: 2, page: 0) { ${alert} source @include(if: $with) } }`
    case 4:
      return `query Q${own} { start(page: 1) { ${own}: text next { text next { text } } } }`
    default:
      return `query Q${own} { alerts(first: 1, page: 1) { id asset { ${own}: name openCount } } }`
  }
}

const { backend, urls, supergraphSdl } = await startBackend()
const peer = await startPeer('ours', join(import.meta.dirname, 'peers', 'ours.ts'), { supergraphSdl, urls })
const samples: (Used & { second: number; asked: number })[] = []
let asked = 0
let failed = 0
const from = performance.now()
const isOver = () => performance.now() - from > seconds * 1_000
try {
  const target = new URL(peer.url)
  const pool = new Pool(target.origin, { connections: clients })
  const client = async () => {
    while (!isOver()) {
      const index = asked++
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: target.pathname,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: operation(index) }),
      })
      const { errors } = (await body.json()) as { errors?: unknown }
      const expected = index % 10 === 0 ? statusCode === 400 : statusCode === 200 && !errors
      if (!expected) failed++
    }
  }
  const sampling = async () => {
    while (!isOver()) {
      await pause(1_000)
      const second = Math.round((performance.now() - from) / 1_000)
      samples.push({ second, asked, ...(await peer.used()) })
    }
  }
  await Promise.all([sampling(), ...Array.from({ length: clients }, client)])
  await pool.close()
} finally {
  await Promise.all([peer.close(), backend.close()])
}

const quarter = (number: number, of: 'rss' | 'heap') => {
  const quarters = samples.slice(
    Math.floor((samples.length * (number - 1)) / 4),
    Math.floor((samples.length * number) / 4),
  )
  return median(quarters.map((sample) => sample[of])) / 2 ** 20
}
console.table(
  [1, 2, 3, 4].map((number) => ({
    quarter: number,
    'RSS MiB': Math.round(quarter(number, 'rss')),
    'heap MiB': Math.round(quarter(number, 'heap')),
  })),
)
console.log(`${asked} operations, ${failed} failed`)
keep('memory', {
  seconds,
  asked,
  failed,
  samples,
  goals: [
    goal('memory.rss_last_vs_second_quarter', quarter(4, 'rss') / quarter(2, 'rss'), 1.1, 'lower'),
    goal('memory.failed', failed, 0, 'lower'),
  ],
})

import { Pool } from 'undici'
import type { Used } from './peer.ts'

export type Round = { requests: number; seconds: number; p99Ms: number; cpuMs: number }

/** Asks a few things in turn, again and again, over a few connections, each when it has its answer. Throws at any error. */
export async function load(
  url: string,
  bodies: readonly string[],
  { connections, ms }: { connections: number; ms: number },
  used: () => Promise<Used>,
): Promise<Round> {
  const target = new URL(url)
  const pool = new Pool(target.origin, { connections })
  const latencies: number[] = []
  let turn = 0
  const request = {
    method: 'POST',
    path: target.pathname,
    headers: { 'content-type': 'application/json' },
  } as const
  const before = await used()
  const from = performance.now()
  const client = async () => {
    while (performance.now() - from < ms) {
      const sent = performance.now()
      const { statusCode, body: answer } = await pool.request({
        ...request,
        body: bodies[turn++ % bodies.length]!,
      })
      await answer.arrayBuffer()
      if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`)
      latencies.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: connections }, client))
  const seconds = (performance.now() - from) / 1_000
  const spent = (await used()).cpuMs - before.cpuMs
  await pool.close()
  latencies.sort((one, other) => one - other)
  return {
    requests: latencies.length,
    seconds,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)]!,
    cpuMs: spent / latencies.length,
  }
}

export async function answerOf(url: string, body: string): Promise<unknown> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return answer.json()
}

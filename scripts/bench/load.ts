import { Pool } from 'undici'
import type { Used } from './peer.ts'

export type Round = {
  requests: number
  seconds: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  cpuMs: number
}

/** Asks a few things in turn, again and again, over a few connections, each when it has its answer. Throws at any error. */
export async function load(
  url: string,
  bodies: readonly string[],
  { connections, ms, headers }: { connections: number; ms: number; headers?: Record<string, string> },
  used: () => Promise<Used>,
): Promise<Round> {
  const target = new URL(url)
  const pool = new Pool(target.origin, { connections })
  const latencies: number[] = []
  let turn = 0
  const request = {
    method: 'POST',
    path: target.pathname,
    headers: { 'content-type': 'application/json', ...headers },
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
      const bytes = Buffer.from(await answer.arrayBuffer())
      if (statusCode !== 200 || bytes.includes('"errors":['))
        throw new Error(`${url} answered ${statusCode}: ${bytes.subarray(0, 500)}`)
      latencies.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: connections }, client))
  const seconds = (performance.now() - from) / 1_000
  const spent = (await used()).cpuMs - before.cpuMs
  await pool.close()
  latencies.sort((one, other) => one - other)
  const at = (part: number) => latencies[Math.floor(latencies.length * part)]!
  return {
    requests: latencies.length,
    seconds,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    cpuMs: spent / latencies.length,
  }
}

export async function answerOf(
  url: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const all = { 'content-type': 'application/json', ...headers }
  const answer = await fetch(url, { method: 'POST', headers: all, body })
  return answer.json()
}

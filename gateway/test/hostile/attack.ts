import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { corpus, type Hostile } from './corpus.ts'
import type { Reply, Target } from './process.ts'

export type Hit = Hostile & { reply: Reply; cpuMs: number }
export type Line = { kind: string; n: number; 'max CPU ms': number; 'p99 CPU ms': number }

/** The same attack in another text: what was refused before may be remembered. */
export const varied = (body: string, index: number) =>
  body.replace('"query":"', `"query":" ${' '.repeat(index % 97)}`)

/** As a gateway that has been at work for a while. */
export async function warm(target: Target): Promise<void> {
  for (const { body } of corpus(2, 1)) await target.ask(body)
  for (let index = 0; index < 200; index++)
    await target.ask(
      JSON.stringify({
        query: `query w${index} { me { id email role } alertStats { total } assets(first: ${index % 100}) { edges { node { name } } } }`,
      }),
    )
}

/** Sends each by itself and tells what it cost; what costs more than it may is sent again, a little changed. */
export async function attack(
  target: Target,
  hostile: readonly Hostile[],
  { mostMs, repeats }: { mostMs: number; repeats: number },
): Promise<Hit[]> {
  const hits: Hit[] = []
  const send = async (body: string) => {
    const before = (await target.settled()).cpuMs
    const reply = await target.ask(body)
    return { reply, cpuMs: (await target.used()).cpuMs - before }
  }
  for (const [index, { kind, body }] of hostile.entries()) {
    const { reply, cpuMs } = await send(body)
    let least = cpuMs
    for (let again = 0; least > mostMs && again < repeats; again++)
      least = Math.min(least, (await send(varied(body, index + again))).cpuMs)
    hits.push({ kind, body, reply, cpuMs: least })
  }
  return hits
}

type Told = { data?: unknown; errors?: { extensions?: { code?: string } }[] }

/** Why an answer is no refusal, or null. */
export function refusalOf({ status, body }: Reply): string | null {
  const { data, errors = [] } = JSON.parse(body) as Told
  const code = errors[0]?.extensions?.code
  if (data !== undefined) return 'it has data'
  if (!code || code === 'INTERNAL_SERVER_ERROR') return `its code is ${code}`
  // Of persisted operations clients expect to be told with 200.
  return (status >= 400 && status < 500) || body.includes('PersistedQuery') ? null : `its status is ${status}`
}

export const percentile = (numbers: readonly number[], part: number): number => {
  const sorted = numbers.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
const rounded = (ms: number) => Number(ms.toFixed(1))

export const linesOf = (hits: readonly Hit[]): Line[] =>
  [...Map.groupBy(hits, ({ kind }) => kind)].map(([kind, of]) => {
    const spent = of.map(({ cpuMs }) => cpuMs)
    return {
      kind,
      n: of.length,
      'max CPU ms': rounded(Math.max(...spent)),
      'p99 CPU ms': rounded(percentile(spent, 0.99)),
    }
  })

/** How long a bystander waits for a cheap answer, in milliseconds, while as many of the hostile come in a second. */
export async function bystander(
  target: Target,
  { perSecond, ms, seed }: { perSecond: number; ms: number; seed: number },
): Promise<number[]> {
  const waits: number[] = []
  const self = await target.client()
  // In a process of its own: who sends much waits for itself.
  const foe =
    perSecond > 0 ? fork(join(import.meta.dirname, 'foe.ts'), [target.url, `${perSecond}`, `${seed}`]) : null
  if (foe) await once(foe, 'message')
  const body = JSON.stringify({ query: '{ me { id } }' })
  for (const until = performance.now() + ms; performance.now() < until; ) {
    const from = performance.now()
    await self.ask(body)
    waits.push(performance.now() - from)
  }
  if (foe) {
    const exit = once(foe, 'exit')
    foe.disconnect()
    await exit
  }
  await self.close()
  return waits
}

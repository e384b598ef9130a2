/** Sends hostile bodies, so many a second, until its parent lets it go. */
import { setTimeout as pause } from 'node:timers/promises'
import { varied } from './attack.ts'
import { corpus } from './corpus.ts'
import { clientOf } from './process.ts'
import { randomOf } from './random.ts'

const [url, perSecond, seed] = process.argv.slice(2) as [string, string, string]
const random = randomOf(Number(seed))
const bodies = corpus(6, Number(seed))
  .map(({ body }, index) => ({ body: Buffer.from(varied(body, index)), place: random.next() }))
  .toSorted((one, other) => one.place - other.place)
const client = await clientOf(url)
process.on('disconnect', () => process.exit())
process.send!('ready')
const begun = performance.now()
for (let index = 0; ; index++) {
  const due = begun + (index * 1_000) / Number(perSecond) - performance.now()
  if (due > 0) await pause(due)
  await client.ask(bodies[index % bodies.length]!.body)
}

/** `node [--import ./scripts/isolation/stripped.ts] scripts/isolation/draw.ts <seed> <count>`: prints one line of JSON. */
import { drawAttacks } from './attacks.ts'
import { inScratch, readSchema } from './verify.ts'

const [seed = 1, count = 10_000] = process.argv.slice(2).map(Number)
const drawn = await inScratch({}, (scratch) => drawAttacks(scratch, readSchema(), { seed, count }))
// Only where the filters were taken out is the module there already.
const stripped = process.execArgv.some((each) => each.includes('stripped'))
const taken = stripped ? Object.fromEntries((await import('./stripped.ts')).taken) : {}
console.log(JSON.stringify({ seed, ...drawn, taken }))

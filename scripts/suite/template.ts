/**
 * `node scripts/suite/template.ts FOLDER` leaves the data folder of a house there that has every schema, every queue and
 * nothing else: houses of tests begin with a copy of it.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { environment, readEnv } from '#kit/env.ts'
import { createLog } from '#kit/log.ts'
import { openHouse } from '../house.ts'

const folder = process.argv[2]!
const house = await openHouse({
  env: readEnv(environment, { NEXUS_DATA_DIR: folder, PORT: '0', NEXUS_SEED: 'none' }),
  log: createLog('template', 'warn'),
  durable: false,
  roundsByClock: false,
})
await house.close()
// Each house draws its own.
rmSync(join(folder, 'secret'))

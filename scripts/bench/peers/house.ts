import { environment, readEnv } from '#kit/env.ts'
import { keepHeapSmall } from '#kit/heap.ts'
import { createLog } from '#kit/log.ts'
import { openHouse } from '../../house.ts'
import { serveAsPeer } from '../peer.ts'

keepHeapSmall()
/** The whole house over the database that its environment names. */
await serveAsPeer(async () => {
  const house = await openHouse({ env: readEnv(environment, process.env), log: createLog('house', 'warn') })
  return house.url
})

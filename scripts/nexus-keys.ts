/** `nexus keys rewrap`: all data keys under the present master key, so that another one may be dropped. */
import { isAbsolute, join } from 'node:path'
import { openEnvironment } from '#kit/env.ts'
import { NexusError } from '#kit/errors.ts'
import { createLog } from '#kit/log.ts'
import { root } from '#kit/register.ts'
import { openMasterKey } from '#kit/sealing/open.ts'
import { rewrapKeys, toldOf } from '#kit/sealing/rewrap.ts'
import { Refused } from './nexus-client.ts'
import { openOwn } from './own-database.ts'
import { keptSecret } from './secrets.ts'

const everyMs = 1_000

/** Throws Refused when the keeper of a master key does not answer. */
export async function rewrap(options: { all?: boolean; json?: boolean }): Promise<void> {
  const { env: given } = await openEnvironment()
  const folder = given.NEXUS_DATA_DIR
  const env = { ...given, NEXUS_DATA_DIR: isAbsolute(folder) ? folder : join(root, folder) }
  const log = createLog('keys', env.LOG_LEVEL)
  const master = openMasterKey(env, env.NEXUS_SECRET ?? keptSecret(env.NEXUS_DATA_DIR, 'secret'))
  const own = await openOwn(env, log)
  let told = Date.now()
  const progress = (done: number, total: number) => {
    if (options.json || Date.now() - told < everyMs) return
    told = Date.now()
    console.error(`${done} of ${total}`)
  }
  try {
    const { all = false } = options
    const outcome = await rewrapKeys({ databaseUrl: own.url, master, log, all, progress })
    console.log(options.json ? JSON.stringify(outcome) : toldOf(outcome))
    if (outcome.closed.length > 0) process.exitCode = 1
  } catch (error) {
    if (!(error instanceof NexusError)) throw error
    throw new Refused(
      'The keeper of a master key, or the database, does not answer: run it again, and it goes on',
    )
  } finally {
    await own.close()
  }
}

/** The database as its owner, for commands that work at it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { superuserPassword } from '#kit/embedded-data.ts'
import type { Environment } from '#kit/env.ts'
import { acquireLock, readHouse } from '#kit/lock.ts'
import type { Log } from '#kit/log.ts'
import { openHouseDatabase } from './database.ts'
import { Refused } from './nexus-client.ts'

/** Where the embedded database of a house that runs answers: its postmaster says so in its own file. */
function urlOfHouse(dataDir: string): string {
  try {
    const [, , , port] = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')
    return `postgres://nexus:${superuserPassword(dataDir)}@127.0.0.1:${port}/nexus`
  } catch {
    throw new Refused('The database of the Nexus that runs here is out of reach: stop it first')
  }
}

/** The one that the settings name, or the embedded one, which is started if need be. Throws Refused. */
export async function openOwn(env: Environment, log: Log): Promise<{ url: string; close(): Promise<void> }> {
  const { NEXUS_DATA_DIR: dataDir, DATABASE_URL: url } = env
  if (url) return { url, close: async () => {} }
  if (readHouse(dataDir)) return { url: urlOfHouse(dataDir), close: async () => {} }
  const lock = acquireLock(dataDir)
  try {
    const database = await openHouseDatabase(env, log, { durable: true })
    return { url: database.url, close: () => database.stop().finally(() => lock.release()) }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** `nexus audit verify`: what was done to the journal behind Nexus's back. */
import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { startPostgres } from '#kit/embedded.ts'
import { openEnvironment } from '#kit/env.ts'
import { type Verdict, verifyJournal } from '#kit/journal/audit.ts'
import { checkpointsIn } from '#kit/journal/checkpoint.ts'
import { acquireLock, readHouse } from '#kit/lock.ts'
import { createLog } from '#kit/log.ts'
import { root } from '#kit/register.ts'
import { createKeys } from '#kit/tokens.ts'
import { Refused } from './nexus-client.ts'

type Opened = { url: string; close(): Promise<void> }

/** The database that is named, that of the house that runs here, or the house's own, started for as long. */
async function openJournal(databaseUrl: string | undefined, dataDir: string): Promise<Opened> {
  const nothing = async () => {}
  if (databaseUrl) return { url: databaseUrl, close: nothing }
  const house = readHouse(dataDir)
  if (house?.database) return { url: house.database, close: nothing }
  if (house) throw new Refused('The house that runs here is still starting, or has a database of its own')
  const lock = acquireLock(dataDir)
  try {
    const postgres = await startPostgres({ dataDir })
    return { url: postgres.url, close: () => postgres.stop().finally(lock.release) }
  } catch (error) {
    lock.release()
    throw error
  }
}

function secretIn(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, 'secret'), 'utf8').trim()
  } catch {
    throw new Refused('There is no journal here: set DATABASE_URL and NEXUS_SECRET, or NEXUS_DATA_DIR')
  }
}

export async function verifyAudit(options: { checkpoints?: string[]; json?: boolean }): Promise<void> {
  const { env } = await openEnvironment()
  const folder = env.NEXUS_DATA_DIR
  const dataDir = isAbsolute(folder) ? folder : join(root, folder)
  const keys = createKeys(env.NEXUS_SECRET ?? secretIn(dataDir), env.NEXUS_SECRET_PREVIOUS)
  const checkpoints = options.checkpoints ?? [checkpointsIn({ ...env, NEXUS_DATA_DIR: dataDir })]
  const journal = await openJournal(env.DATABASE_URL, dataDir)
  const log = createLog('audit', env.LOG_LEVEL)
  try {
    const verdict = await verifyJournal({ databaseUrl: journal.url, keys, log, checkpoints })
    console.log(options.json ? JSON.stringify(verdict) : told(verdict))
    if (verdict.problems.length > 0) process.exitCode = 1
  } finally {
    await journal.close()
  }
}

function told({ organizations, rows, checkpoints, unknown, seconds, problems }: Verdict): string {
  const walked = `${rows} rows of ${organizations} organizations, ${checkpoints} checkpoints, ${seconds.toFixed(2)} s`
  const strange =
    unknown > 0 ? [`${unknown} checkpoints are signed by keys that this secret does not know`] : []
  if (problems.length === 0) return [`The journal is as it was written: ${walked}`, ...strange].join('\n')
  const lines = problems.map(
    ({ kind, organization, sequence, entry }) =>
      `  ${kind.padEnd(10)} ${organization || 'a checkpoint'} row ${sequence ?? '-'} entry ${entry ?? '-'}`,
  )
  return [`The journal was changed: ${walked}`, ...lines, ...strange].join('\n')
}

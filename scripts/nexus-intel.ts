/** `nexus intel load`: what the world knows of weaknesses, brought to the database by who runs the platform. */
import { resolve } from 'node:path'
import { type Db, inTenant, openDatabase } from '#kit/database.ts'
import { openEnvironment } from '#kit/env.ts'
import { createLog } from '#kit/log.ts'
import { migrate } from '#kit/migration.ts'
import { createKeys } from '#kit/tokens.ts'
import { vulns } from '../subgraphs/vulns/index.ts'
import * as intel from '../subgraphs/vulns/model/intel.ts'
import type { Tables } from '../subgraphs/vulns/tables.ts'
import { epssBlocks, kevOf } from './intel-files.ts'
import { Refused } from './nexus-client.ts'
import { openOwn } from './own-database.ts'
import { keptSecret } from './secrets.ts'

type Files = { epss?: string; kev?: string; asserter?: string }
export type Loaded = { epss: number; epssWritten: number; kev: number; kevChanged: number; findings: number }

const log = createLog('nexus', 'fatal')
const block = 5_000

/** Loads the files; the findings that are judged otherwise by them are written, and no others. Throws Refused. */
export async function load(
  files: Files,
  { owner, service }: { owner: Db<Tables>; service: Db<Tables> },
): Promise<Loaded> {
  const loaded: Loaded = { epss: 0, epssWritten: 0, kev: 0, kevChanged: 0, findings: 0 }
  const bring = async (cveIds: string[]) => {
    for (const organizationId of await intel.organizationsWith(owner, cveIds))
      loaded.findings += await inTenant(service, { organizationId }, (trx) =>
        intel.bring(trx, cveIds, new Date()),
      )
  }
  if (files.kev) {
    const rows = await kevOf(files.kev)
    const changed = await intel.keepKev(owner, files.asserter ?? 'CISA', rows)
    loaded.kev = rows.length
    loaded.kevChanged = changed.length
    await intel.remember(owner, intel.kevSource, rows.length)
    const all = [...new Set([...changed, ...rows.map(({ cveId }) => cveId)])]
    for (let from = 0; from < all.length; from += block) await bring(all.slice(from, from + block))
  }
  if (files.epss)
    for await (const { rows, edition } of epssBlocks(files.epss)) {
      loaded.epss += rows.length
      loaded.epssWritten += await intel.keepEpss(owner, rows, edition)
      // All of them, so that what a load before has not come to is made good.
      await bring(rows.map(({ cveId }) => cveId))
    }
  if (files.epss) await intel.remember(owner, 'epss', loaded.epss)
  return loaded
}

/** @param source the environment. Throws Refused. */
export async function loadIntel(
  files: Files & { json?: boolean },
  source: Record<string, string | undefined> = process.env,
): Promise<void> {
  if (!files.epss && !files.kev) throw new Refused('Name a file: --epss, --kev, or both')
  const { env: given } = await openEnvironment(source)
  const env = { ...given, NEXUS_DATA_DIR: resolve(given.NEXUS_DATA_DIR) }
  const { passwordOf } = createKeys(env.NEXUS_SECRET ?? keptSecret(env.NEXUS_DATA_DIR, 'secret'))
  const own = await openOwn(env, log)
  const opened: Db<Tables>[] = []
  const open = (url: string) => {
    const db = openDatabase<Tables>({ url, schema: 'vulns', log, connections: 1 })
    opened.push(db)
    return db
  }
  try {
    const { name: schema, migrations, jobs } = vulns
    const { url } = await migrate({ url: own.url, schema, migrations, jobs, passwordOf, log })
    const loaded = await load(files, { owner: open(own.url), service: open(url) })
    console.log(files.json ? JSON.stringify(loaded) : said(loaded))
  } finally {
    for (const db of opened) await db.destroy()
    await own.close()
  }
}

const said = ({ epss, epssWritten, kev, kevChanged, findings }: Loaded) =>
  [
    `EPSS       ${epss} likelihoods, of which ${epssWritten} were not known so`,
    `KEV        ${kev} listed, of which ${kevChanged} were not known so`,
    `Findings   ${findings} are judged otherwise`,
  ].join('\n')

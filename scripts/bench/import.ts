import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { median } from './goals.ts'
import type { Peer } from './peer.ts'
import { organizationId } from './tenants.ts'

const findings = 30_000

/** A report as Trivy writes one, of 30,000 findings. */
const report = (image: string) =>
  JSON.stringify({
    SchemaVersion: 2,
    ArtifactName: image,
    ArtifactType: 'container_image',
    Results: [
      {
        Target: 'large (debian 12)',
        Class: 'os-pkgs',
        Type: 'debian',
        Vulnerabilities: Array.from({ length: findings }, (_, n) => ({
          VulnerabilityID: `CVE-2025-${10_000 + (n % 25_000)}`,
          PkgName: `package-${n}`,
          PkgID: `package-${n}@1.${n % 10}`,
          PkgIdentifier: { PURL: `pkg:deb/debian/package-${n}@1.${n % 10}?arch=amd64&distro=debian-12` },
          InstalledVersion: `1.${n % 10}`,
          FixedVersion: `2.${n % 10}`,
          Severity: ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'][n % 4],
          Title: `package-${n}: something is wrong with it`,
          Description: 'What is wrong with it, in as many words as such texts have. '.repeat(6),
          References: [`https://advisories.example/${n}`],
          CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', V3Score: 9.8 } },
        })),
      },
    ],
  })

export type Imported = {
  seconds: number
  /** How long the same report takes again, as a part of that. */
  again: number
  findingsPerSecond: number
  vsCopy: number
  rssMb: number
}

/**
 * Imports large reports by the door, each of an image of its own and each twice, and has PostgreSQL copy the same rows,
 * with the same indexes, after each. The first of them all is not counted.
 */
export async function importLarge(
  house: Peer,
  headers: () => Promise<Record<string, string>>,
  url: string,
  rounds: number,
): Promise<Imported> {
  let rss = 0
  const once = async (file: string) => {
    const authorized = await headers()
    const from = performance.now()
    const sent = await fetch(`${house.url}/api/v1/integrations/imports?format=trivy`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', ...authorized },
      body: file,
    })
    if (!sent.ok) throw new Error(`The report was refused: ${await sent.text()}`)
    const { data } = (await sent.json()) as { data: { id: string } }
    for (;;) {
      rss = Math.max(rss, (await house.used()).rss)
      const answer = await fetch(`${house.url}/api/v1/integrations/imports/${data.id}`, {
        headers: authorized,
      })
      const run = ((await answer.json()) as { data: { status: string } }).data
      if (run.status === 'failed') throw new Error(`The import failed: ${JSON.stringify(run)}`)
      if (run.status === 'complete') return (performance.now() - from) / 1_000
      await pause(50)
    }
  }
  const copies = await openCopies(url)
  const taken: { seconds: number; again: number; vsCopy: number }[] = []
  try {
    for (let round = 0; round <= rounds; round++) {
      const file = report(`registry.example/large-${round}:1`)
      const seconds = await once(file)
      const vsCopy = (await copies.newest()) / seconds
      const again = (await once(file)) / seconds
      if (round > 0) taken.push({ seconds, again, vsCopy })
    }
  } finally {
    await copies.close()
  }
  const of = (name: keyof (typeof taken)[number]) => median(taken.map((each) => each[name]))
  const [seconds, again, vsCopy] = [of('seconds'), of('again'), of('vsCopy')]
  return { seconds, again, vsCopy, findingsPerSecond: findings / seconds, rssMb: rss / 2 ** 20 }
}

/** Seconds that the rows of the newest asset take by COPY into a table of the same form. */
async function openCopies(url: string) {
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  const path = join(tmpdir(), `nexus-bench-${process.pid}.copy`)
  await owner.query(`create table public.copied (like vulns.vulnerabilities including all)`)
  const { rows } = await owner.query(
    `select string_agg(quote_ident(column_name), ', ' order by ordinal_position) as names
     from information_schema.columns
     where table_schema = 'vulns' and table_name = 'vulnerabilities' and is_generated = 'NEVER'`,
  )
  const { names } = rows[0]
  return {
    async newest(): Promise<number> {
      await owner.query(`copy (select ${names} from vulns.vulnerabilities
        where organization_id = '${organizationId.small}' order by created_at desc limit ${findings}) to '${path}'`)
      const from = performance.now()
      await owner.query(`copy public.copied (${names}) from '${path}'`)
      return (performance.now() - from) / 1_000
    },
    async close(): Promise<void> {
      await owner.query('drop table if exists public.copied')
      await owner.end()
      rmSync(path, { force: true })
    },
  }
}

/** Scans that tests make up, through the model as machines and as people. */
import { type Db, ingestRoleOf, inTenant, openDatabase, roleOf, type Trx, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import type { TestHouse } from '../../../scripts/test-house.ts'
import * as findings from '../model/finding.ts'
import { revert } from '../model/revert.ts'
import type { Outcome, Tables, VulnerabilityRow } from '../tables.ts'

export const organizationId = idOfName('organization', 'acme')

/** What a report says: the words of each finding, by its key. */
export type Report = Readonly<Record<string, string>>

const plain = {
  ...{ kind: 'package', cveId: null, aliases: [], cwes: [], ruleId: null, severity: 'high', cvss: [] },
  ...{ cvssScore: null, cvssVector: null, description: null, remediation: null, component: null },
  ...{ location: null, fixedVersions: [], links: [] },
} as const
export const findingsOf = (report: Report): findings.Finding[] =>
  Object.entries(report).map(([key, title]) => ({ ...plain, key, title }) as unknown as findings.Finding)

const nothing: Outcome = { created: 0, updated: 0, unchanged: 0, reopened: 0 }
const batch = 4

export function openScans(house: TestHouse) {
  const { keys, log } = house.surroundings
  const role = roleOf(house.databaseUrl, 'vulns')
  const open = (name: string): Db<Tables> =>
    openDatabase({ url: urlAs(house.databaseUrl, name, keys.passwordOf(name)), schema: 'vulns', log })
  const [people, machines] = [open(role), open(ingestRoleOf(role))]
  const asMachine = <Result>(work: (trx: Trx<Tables>) => Promise<Result>) =>
    inTenant(machines, { organizationId }, work)
  const asPerson = <Result>(work: (trx: Trx<Tables>) => Promise<Result>) =>
    inTenant(people, { organizationId }, work)

  /** Runs over an asset, in the order that they were started in. */
  const runsOver = (count: number, assetId = newId(), tool = 'test'): findings.Run[] => {
    const ids = Array.from({ length: count }, newId).sort()
    return ids.map((id) => ({ id, organizationId, assetId, tool, scope: `${tool}/${assetId}` }))
  }
  /** Tells a whole report as an import does; `payload` null is of one that nobody compares. */
  const tell = async (run: findings.Run, report: Report, payload: string | null = null, most = 50) => {
    const limits = { most, atOnce: 3 }
    const same = payload && (await asMachine((trx) => findings.refresh(trx, run, payload, limits)))
    let outcome = same || nothing
    const all = findingsOf(report)
    for (let from = 0; !same && from < all.length; from += batch) {
      const part = all.slice(from, from + batch)
      const applied = await asMachine((trx) => findings.apply(trx, run, from, part))
      outcome = {
        created: outcome.created + applied.created,
        updated: outcome.updated + applied.updated,
        unchanged: outcome.unchanged + applied.unchanged,
        reopened: outcome.reopened + applied.reopened,
      }
    }
    const closed = await asMachine((trx) => findings.finish(trx, run, payload))
    return { ...outcome, closed, isSame: Boolean(same) }
  }
  const rowsOf = (assetId: string): Promise<VulnerabilityRow[]> =>
    asPerson((trx) =>
      trx
        .selectFrom('vulnerabilities')
        .selectAll()
        .where('assetId', '=', assetId)
        .orderBy('fingerprint')
        .execute(),
    )
  /** How the findings of an asset stand, by their words. */
  const stateOf = async ({ assetId }: findings.Run): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await rowsOf(assetId)).map(({ title, status, presence }) => [title, `${status} ${presence}`]),
    )
  /** What a person does to a finding, which raises its version. */
  const decide = (id: string, status: 'false_positive' | 'confirmed') =>
    asPerson((trx) =>
      trx
        .updateTable('vulnerabilities')
        .set((eb) => ({ status, statusReason: 'seen by a person', version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute(),
    )
  return {
    ...{ asMachine, asPerson, runsOver, tell, rowsOf, stateOf, decide },
    revert: (run: findings.Run) => asPerson((trx) => revert(trx, run.id)),
    close: () => Promise.all([people.destroy(), machines.destroy()]),
  }
}
export type Scans = ReturnType<typeof openScans>

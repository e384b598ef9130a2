/** Fills tenants with as many rows as large organizations have, for measuring. The same rows each time. */
import pg from 'pg'
import { insertOf, type Kind } from './rows.ts'

export type Size = Readonly<Record<Kind, number>>
export const large: Size = { assets: 100_000, vulnerabilities: 1_000_000, alerts: 1_000_000 }
export const small: Size = { assets: 1_000, vulnerabilities: 10_000, alerts: 10_000 }

const step = 100_000

/** @param url the database as its owner */
export async function seedScale(
  url: string,
  tenants: readonly { organizationId: string; size: Size }[],
  say: (line: string) => void = () => {},
): Promise<void> {
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  try {
    // Histories and other consequences of a row are not what is measured.
    await owner.query('set session_replication_role = replica')
    for (const { organizationId, size } of tenants)
      for (const kind of ['assets', 'vulnerabilities', 'alerts'] as const) {
        const from = performance.now()
        for (let first = 1; first <= size[kind]; first += step) {
          const last = Math.min(first + step - 1, size[kind])
          await owner.query(insertOf(kind, size.assets), [organizationId, first, last])
        }
        say(`${size[kind]} ${kind} in ${((performance.now() - from) / 1_000).toFixed(1)} s`)
      }
    await owner.query('vacuum analyze assets.assets, vulns.vulnerabilities, alerts.alerts')
  } finally {
    await owner.end()
  }
}

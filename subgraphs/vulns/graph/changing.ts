import { type Context, callPeer } from '#kit/context.ts'
import type { Trx } from '#kit/database.ts'
import { notFound } from '#kit/errors.ts'
import { sameVersion } from '#kit/version.ts'
import { signedIn } from '#kit/viewer.ts'
import * as triage from '../model/triage.ts'
import type { Tables, VulnerabilityRow } from '../tables.ts'
import { builder } from './builder.ts'
import { find, Vulnerability } from './vulnerability.ts'

export const expectedVersion = 'The version that you have read: another one is refused as a CONFLICT.'

type Asked = { id: string; expectedVersion?: number | null | undefined }
type Work = (trx: Trx<Tables>, rows: VulnerabilityRow[], by: triage.By) => Promise<VulnerabilityRow[]>

/**
 * Changes one finding as somebody who may, and has the score of its asset follow. Throws NOT_FOUND, FORBIDDEN,
 * CONFLICT, and what the work throws.
 */
export async function changing(
  context: Context<Tables>,
  { id, expectedVersion }: Asked,
  work: Work,
): Promise<{ vulnerability: VulnerabilityRow }> {
  const { userId } = signedIn(context.viewer)
  const seen = await find(context, id)
  if (!seen) throw notFound('Vulnerability')
  await context.permits('vulnerabilities:write', [seen.assetId])
  const vulnerability = await context.tenant(async (trx) => {
    const [row] = await triage.lock(trx, [seen.id])
    if (!row) throw notFound('Vulnerability')
    sameVersion(row, expectedVersion)
    if (row.mergedInto) throw triage.partOfAnother()
    const [after] = await work(trx, [row], { userId, at: context.clock() })
    if (after!.riskScore !== row.riskScore || after!.status !== row.status)
      await context.enqueue(trx, 'rescore-assets', row.assetId)
    return after!
  })
  await context.events.publish(
    vulnerability.organizationId,
    `vulnerability.${triage.stepTo(vulnerability.status, seen.status)}`,
    {
      vulnerabilityId: vulnerability.id,
    },
  )
  return { vulnerability }
}

/** Throws NOT_FOUND for who is not in the organization, and FORBIDDEN for who may not know. */
export async function memberIsThere(context: Context<Tables>, id: string | null | undefined): Promise<void> {
  if (!id) return
  const query = 'query ($id: ID!) { user(id: $id) { disabledAt } }'
  const { user } = await callPeer<{ user: { disabledAt: string | null } | null }>(
    context,
    'identity',
    query,
    { id },
  )
  if (!user || user.disabledAt) throw notFound('User')
}

/** What a mutation of one finding answers. */
export const payload = (name: string) =>
  builder.objectRef<{ vulnerability: VulnerabilityRow }>(name).implement({
    needs: 'inherited',
    description: 'A finding after it was changed.',
    fields: (t) => ({
      vulnerability: t.field({ type: Vulnerability, resolve: ({ vulnerability }) => vulnerability }),
    }),
  })

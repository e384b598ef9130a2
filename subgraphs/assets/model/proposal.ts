import type { Trx } from '#kit/database.ts'
import type { AssetProposalRow, Tables } from '../tables.ts'
import * as assets from './asset.ts'
import * as doubts from './doubt.ts'
import * as merges from './merge.ts'

/** Makes two assets one, as somebody agrees that they are. Throws what `decideProposal` and `merge` throw. */
export async function accept(
  trx: Trx<Tables>,
  decided: Parameters<typeof doubts.decideProposal>[2],
  joining: merges.Joining,
): Promise<AssetProposalRow> {
  const proposal = await doubts.decideProposal(trx, 'accepted', decided)
  const pair = await assets.find(trx, [proposal.assetId, proposal.otherId])
  // Meanwhile each may have become part of another one, or both of the same.
  const roots = [...new Set(pair.map(({ id, survivorId }) => survivorId ?? id))]
  const [survivor, merged] = (await assets.find(trx, roots)).toSorted(
    (one, other) => one.createdAt.getTime() - other.createdAt.getTime() || (one.id < other.id ? -1 : 1),
  )
  if (survivor && merged)
    await merges.merge(
      trx,
      {
        ...{ organizationId: proposal.organizationId, survivorId: survivor.id, ids: [merged.id] },
        ...{ reason: 'proposal', by: decided.by },
      },
      joining,
    )
  return proposal
}

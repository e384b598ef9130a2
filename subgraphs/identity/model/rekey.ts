import { note } from '#kit/audit.ts'
import { type Context, callPeer } from '#kit/context.ts'
import { forbidden, notFound } from '#kit/errors.ts'
import type { JobContext } from '#kit/job.ts'
import { beginning, type Cursor, type Resealed, resealPart } from '#kit/sealing/reseal.ts'
import { may, signedIn } from '#kit/viewer.ts'
import { sealed, sealedElsewhere } from '../sealed.ts'
import type { Tables } from '../tables.ts'
import { current } from './authority.ts'
import * as organizations from './organization.ts'

/**
 * Gives an organization a new key, and asks for what the old ones have sealed to be sealed by it; answers the id of
 * the operation. Throws NOT_FOUND for any organization but the viewer's, and FORBIDDEN.
 */
export async function begin(context: Context<Tables>, id: string): Promise<string> {
  const by = signedIn(context.viewer)
  if (id.toLowerCase() !== by.organizationId) throw notFound('Organization')
  return context.tenant(async (trx) => {
    await organizations.lock(trx, by.organizationId)
    if (!may(await current(trx, by), 'organization:write')) throw forbidden()
    const version = await context.sealing.renew(trx, by.organizationId)
    note({ type: 'DataKey', id: by.organizationId, before: { version: version - 1 }, after: { version } })
    return context.enqueue(trx, 'reseal-values', String(version))
  })
}

type Part = (version: number, from: Cursor) => Promise<Resealed>
type Answered = { looked: number; left: number; column: number | null; after: string | null }

const nameOf = (subgraph: string) => `reseal${subgraph[0]!.toUpperCase()}${subgraph.slice(1)}`

const elsewhere =
  (context: JobContext<Tables>, subgraph: string): Part =>
  async (version, from) => {
    const { answer } = await callPeer<{ answer: Answered }>(
      context,
      subgraph,
      `mutation ($input: ResealValuesInput!) {
        answer: ${nameOf(subgraph)}(input: $input) { looked left column after }
      }`,
      { input: { version, ...from } },
    )
    const { looked, left, column, after } = answer
    return { looked, left, next: column === null || after === null ? null : { column, after } }
  }

/** Seals every value of the organization by the key of this version, part after part, in small transactions. */
export async function reseal(context: JobContext<Tables>, subject: string): Promise<void> {
  const { operation, signal, tenant } = context
  const here: Part = (version, from) => resealPart(context, sealed, version, from)
  const parts = [here, ...sealedElsewhere.map((subgraph) => elsewhere(context, subgraph))]
  let done = 0
  for (const part of parts) {
    for (let from: Cursor | null = beginning; from; ) {
      signal.throwIfAborted()
      const { looked, left, next }: Resealed = await part(Number(subject), from)
      done += looked
      from = next
      await operation.advance({ done, total: done + left })
    }
  }
  await tenant((trx) => operation.complete(trx, done))
}

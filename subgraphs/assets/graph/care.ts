/** What people say of an asset: what it is worth to the organization, whose it is, and whether it is still there. */
import type { Context } from '#kit/context.ts'
import type { Trx } from '#kit/database.ts'
import { notFound } from '#kit/errors.ts'
import { signedIn } from '#kit/viewer.ts'
import * as assets from '../model/asset.ts'
import * as changes from '../model/change.ts'
import * as rules from '../model/rule.ts'
import { mayChangeGroups } from '../model/selection.ts'
import type { AssetRow, Tables } from '../tables.ts'
import { Asset, find } from './asset.ts'
import { builder } from './builder.ts'
import { AssetType, Criticality, DataClassification, Environment, Exposure } from './enums.ts'
import { ownerIsThere } from './owner.ts'

export const expectedVersion = 'Refuses with CONFLICT when the version is another one by now.'
const owner = 'The member who answers for it.'
const team = 'The team that answers for it.'
const metadata = 'An object of your own, of at most 16 KiB.'

const CreateAssetInput = builder.inputType('CreateAssetInput', {
  description: 'An asset that somebody knows of. What is left out is unknown.',
  fields: (t) => ({
    type: t.field({ type: AssetType, required: true }),
    name: t.string({ required: true }),
    externalId: t.string({ description: 'Its name where it is kept.' }),
    environment: t.field({ type: Environment }),
    criticality: t.field({ type: Criticality }),
    exposure: t.field({ type: Exposure }),
    dataClassification: t.field({ type: DataClassification }),
    ownerUserId: t.id({ description: owner }),
    ownerTeamId: t.id({ description: team }),
    metadata: t.field({ type: 'JSON', description: metadata }),
  }),
})
const UpdateAssetInput = builder.inputType('UpdateAssetInput', {
  description: 'What to say of an asset: what is left out stays, and null takes it away.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    externalId: t.string({ description: 'Its name where it is kept.' }),
    environment: t.field({ type: Environment }),
    criticality: t.field({ type: Criticality }),
    exposure: t.field({ type: Exposure }),
    dataClassification: t.field({ type: DataClassification }),
    ownerUserId: t.id({ description: owner }),
    ownerTeamId: t.id({ description: team }),
    metadata: t.field({ type: 'JSON', description: metadata }),
    expectedVersion: t.int({ description: expectedVersion }),
  }),
})
const named = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      id: t.id({ required: true }),
      expectedVersion: t.int({ description: expectedVersion }),
    }),
  })
const RetireAssetInput = named('RetireAssetInput', 'The asset that is gone.')
const ReviveAssetInput = named('ReviveAssetInput', 'The asset that is not gone after all.')

export const payload = (name: string, description: string) =>
  builder.objectRef<{ asset: AssetRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({ asset: t.field({ type: Asset, resolve: ({ asset }) => asset }) }),
  })
const CreateAssetPayload = payload('CreateAssetPayload', 'An asset that was made.')
const UpdateAssetPayload = payload('UpdateAssetPayload', 'An asset after a change.')
const RetireAssetPayload = payload('RetireAssetPayload', 'An asset that is gone.')
const ReviveAssetPayload = payload('ReviveAssetPayload', 'An asset that is there again.')

/** When a change is made, and the job that follows it. */
export const doing = (context: Context<Tables>): changes.Doing => ({
  at: context.clock(),
  rescore: (trx, id) => context.enqueue(trx, 'rescore-asset', id),
})

/** A change by somebody, who may not move assets between groups with rules where grants over those give more. */
export const changingGroups = <Result>(
  context: Context<Tables>,
  ids: readonly string[],
  work: (trx: Trx<Tables>) => Promise<Result>,
  idsAfter?: (result: Result) => readonly string[],
): Promise<Result> =>
  context.tenant((trx) =>
    rules.changing(
      trx,
      ids,
      assets.staleBefore(context),
      mayChangeGroups(context),
      () => work(trx),
      idsAfter,
    ),
  )

/** Lets pass who may write this asset, everywhere or by a grant. */
async function mayWrite(context: Context<Tables>, id: string): Promise<void> {
  const asset = await find(context, id)
  if (!asset) throw notFound('Asset')
  await context.permits('assets:write', [asset.id])
}

builder.mutationFields((t) => ({
  createAsset: t.field({
    type: CreateAssetPayload,
    description: 'Adds an asset by hand. No source looks for it, so that it never becomes STALE.',
    authScopes: { permission: 'assets:write' },
    args: { input: t.arg({ type: CreateAssetInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await ownerIsThere(context, input)
      const { organizationId } = signedIn(context.viewer)
      const asset = await changingGroups(
        context,
        [],
        (trx) => changes.create(trx, organizationId, input, doing(context)),
        ({ id }) => [id],
      )
      return { asset }
    },
  }),
  updateAsset: t.field({
    type: UpdateAssetPayload,
    description: 'Says something of an asset. Its risk is found anew within seconds where that matters.',
    authScopes: { permissionOn: 'assets:write' },
    args: { input: t.arg({ type: UpdateAssetInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await mayWrite(context, input.id)
      await ownerIsThere(context, input)
      const work = (trx: Trx<Tables>) => changes.update(trx, input, doing(context))
      return { asset: await changingGroups(context, [input.id], work) }
    },
  }),
  retireAsset: t.field({
    type: RetireAssetPayload,
    description: 'Says that an asset is gone. It leaves what is counted as open, and keeps its history.',
    authScopes: { permissionOn: 'assets:write' },
    args: { input: t.arg({ type: RetireAssetInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await mayWrite(context, input.id)
      const work = (trx: Trx<Tables>) => changes.retire(trx, input, doing(context))
      return { asset: await changingGroups(context, [input.id], work) }
    },
  }),
  reviveAsset: t.field({
    type: ReviveAssetPayload,
    description: 'Takes back that an asset is gone.',
    authScopes: { permissionOn: 'assets:write' },
    args: { input: t.arg({ type: ReviveAssetInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await mayWrite(context, input.id)
      const work = (trx: Trx<Tables>) => changes.revive(trx, input, doing(context))
      return { asset: await changingGroups(context, [input.id], work) }
    },
  }),
}))

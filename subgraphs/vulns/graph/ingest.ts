import { screaming } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { invalid } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import { turnsByName } from '#kit/turns.ts'
import { signedIn } from '#kit/viewer.ts'
import { assertNames, repeatNames, type Told } from '../model/alias.ts'
import * as findings from '../model/finding.ts'
import { revert } from '../model/revert.ts'
import { namesOf } from '../rules-alias.ts'
import { type Outcome, outcomes, type Reverted, type Tables } from '../tables.ts'
import { builder } from './builder.ts'
import { findingsOf } from './told.ts'

const RunInput = builder.inputType('RunInput', {
  inaccessible: true,
  description: 'One run of one scan over one asset.',
  fields: (t) => ({
    id: t.id({ required: true }),
    assetId: t.id({ required: true }),
    tool: t.string({ required: true }),
    scope: t.string({ required: true, description: 'What the run may close, 255 characters at most.' }),
  }),
})
const ApplyOutcome = builder.objectRef<Outcome>('ApplyOutcome').implement({
  needs: 'inherited',
  inaccessible: true,
  description: 'What became of the findings of a batch.',
  fields: (t) => ({
    created: t.exposeInt('created'),
    updated: t.exposeInt('updated'),
    unchanged: t.exposeInt('unchanged'),
    reopened: t.exposeInt('reopened'),
  }),
})

const FindingOutcome = builder.enumType('FindingOutcome', {
  inaccessible: true,
  description: 'What becomes of one finding of a batch.',
  values: screaming(outcomes),
})
const PreviewedFinding = builder
  .objectRef<{ id: string | null; outcome: keyof Outcome }>('PreviewedFinding')
  .implement({
    needs: 'inherited',
    inaccessible: true,
    description: 'What would become of one finding of a batch.',
    fields: (t) => ({
      id: t.exposeID('id', { nullable: true, description: 'Null for what is new.' }),
      outcome: t.field({ type: FindingOutcome, resolve: ({ outcome }) => outcome }),
    }),
  })
const KeptFinding = builder.objectRef<Reverted['kept'][number]>('KeptFinding').implement({
  needs: 'inherited',
  inaccessible: true,
  description: 'A finding that was not set back.',
  fields: (t) => ({ id: t.exposeID('id'), reason: t.exposeString('reason') }),
})
const RevertOutcome = builder.objectRef<Reverted>('RevertOutcome').implement({
  needs: 'inherited',
  inaccessible: true,
  description: 'What reverting a run did to the findings.',
  fields: (t) => ({
    restored: t.exposeInt('restored'),
    kept: t.field({ type: [KeptFinding], resolve: ({ kept }) => kept }),
  }),
})

type Given = { id: string; assetId: string; tool: string; scope: string }

function runOf(context: Context<Tables>, { id, assetId, tool, scope }: Given): findings.Run {
  if (!isId(id) || !isId(assetId)) throw invalid('run', 'Must have the id of a run and of an asset')
  return { id, assetId, tool, scope, organizationId: signedIn(context.viewer).organizationId }
}

/** Machines reach no queue: whoever they work for asks for what follows. Asked again, it does the same. */
const rescore = (context: Context<Tables>, subject: string) =>
  context.tenant((trx) => context.enqueue(trx, 'rescore-assets', subject))

/** Whoever waits for another batch of its asset does so here, and holds no connection of the few that there are. */
const inTurn = turnsByName()

/** What a report says belongs together may make findings of any asset one. */
async function learnNames(context: Context<Tables>, run: findings.Run, rows: readonly Told[]): Promise<void> {
  if (!rows.some((row) => namesOf(row).length > 1)) return
  if (await context.ingest((trx) => repeatNames(trx, run, rows))) return
  const changed = await context.ingest((trx) => assertNames(trx, run, rows))
  if (changed > 0) await rescore(context, run.organizationId)
}

const authScopes = { $all: { peer: 'integrations', permission: 'vulnerabilities:import' } } as const

builder.mutationType({ authScopes: { signedIn: true } })
builder.mutationFields((t) => ({
  applyFindings: t.field({
    type: ApplyOutcome,
    description: 'Applies one batch of a run, once. For integrations only.',
    inaccessible: true,
    authScopes,
    args: {
      run: t.arg({ type: RunInput, required: true }),
      batch: t.arg.int({ required: true }),
      findings: t.arg({ type: 'JSON', required: true }),
    },
    resolve: (_root, args, context) => {
      const run = runOf(context, args.run)
      const reading = findings.rowsInPieces(run, findingsOf(args.findings))
      // Whoever is in turn before may be lost, and then nobody asks for it.
      reading.catch(() => {})
      return inTurn(run.assetId, async () => {
        const rows = await reading
        await learnNames(context, run, rows)
        return context.ingest((trx) => findings.applyRows(trx, run, args.batch, rows))
      })
    },
  }),
  refreshFindings: t.field({
    type: ApplyOutcome,
    nullable: true,
    description:
      'Applies a whole run at once, where it says what the latest of its scope said; else null. For integrations only.',
    inaccessible: true,
    authScopes,
    args: {
      run: t.arg({ type: RunInput, required: true }),
      payload: t.arg.string({ required: true, description: 'A digest of all that the run says.' }),
    },
    resolve: (_root, { run, payload }, context) =>
      context.ingest((trx) => findings.refresh(trx, runOf(context, run), payload)),
  }),
  finishFindings: t.int({
    description: 'Ends a complete run and answers how many findings it closed. For integrations only.',
    inaccessible: true,
    authScopes,
    args: {
      run: t.arg({ type: RunInput, required: true }),
      payload: t.arg.string({ required: true, description: 'A digest of all that the run said.' }),
    },
    resolve: async (_root, { run, payload }, context) => {
      const scan = runOf(context, run)
      const closed = await context.ingest((trx) => findings.finish(trx, scan, payload))
      await rescore(context, scan.assetId)
      return closed
    },
  }),
  revertFindings: t.field({
    type: RevertOutcome,
    description: 'Sets findings back to how they stood before a run. For integrations only.',
    inaccessible: true,
    authScopes,
    args: { run: t.arg.id({ required: true }) },
    resolve: async (_root, { run }, context) => {
      if (!isId(run)) throw invalid('run', 'Must be the id of a run')
      const reverted = await context.tenant((trx) => revert(trx, run))
      await rescore(context, signedIn(context.viewer).organizationId)
      return reverted
    },
  }),
}))
builder.queryFields((t) => ({
  previewFindings: t.field({
    type: [PreviewedFinding],
    description: 'What a batch of a run would do, in its order. For integrations only.',
    inaccessible: true,
    authScopes,
    args: {
      run: t.arg({ type: RunInput, required: true }),
      findings: t.arg({ type: 'JSON', required: true }),
    },
    resolve: (_root, args, context) =>
      context.tenant((trx) => findings.preview(trx, runOf(context, args.run), findingsOf(args.findings))),
  }),
  closableFindings: t.idList({
    description: 'What a run would close if it saw none of it again. For integrations only.',
    inaccessible: true,
    authScopes,
    args: { run: t.arg({ type: RunInput, required: true }) },
    resolve: (_root, { run }, context) =>
      context.tenant((trx) => findings.closable(trx, runOf(context, run))),
  }),
}))

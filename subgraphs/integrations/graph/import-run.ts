import { screaming } from '#kit/builder.ts'
import { invalid } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import { listOf, one } from '#kit/lookup.ts'
import { operationStatuses } from '#kit/operation.ts'
import { to } from '#kit/refs.ts'
import * as imports from '../model/import.ts'
import * as importRuns from '../model/import-run.ts'
import { changesOf } from '../model/preview.ts'
import { mostShown } from '../rules.ts'
import { changeOutcomes, type ImportRunRow, type PreviewedChangeRow } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { Operation, find as operationOf } from './operation.ts'
import { Asset, User, Vulnerability } from './refs.ts'

export const ImportRun = builder.objectRef<ImportRunRow>('ImportRun')

const ImportStatus = builder.enumType('ImportStatus', {
  description: 'How far an import has come. The last three are ends.',
  values: screaming(operationStatuses),
})

const PreviewedOutcome = builder.enumType('PreviewedOutcome', {
  description: 'What an import would do to a finding.',
  values: screaming(changeOutcomes),
})
const PreviewedChange = builder.objectRef<PreviewedChangeRow>('PreviewedChange').implement({
  needs: 'inherited',
  description: 'What an import would do to one finding.',
  fields: (t) => ({
    id: t.exposeID('id'),
    outcome: t.field({ type: PreviewedOutcome, resolve: ({ outcome }) => outcome }),
    vulnerability: t.field({
      type: Vulnerability,
      nullable: true,
      description: 'Null for what it would add.',
      resolve: ({ vulnerabilityId }) => to(vulnerabilityId),
    }),
    title: t.exposeString('title', {
      nullable: true,
      description: 'What the report calls it; null for what it does not name.',
    }),
  }),
})

ImportRun.implement({
  needs: 'integrations:read',
  description:
    'The import of one report. created + updated + unchanged + reopened + skipped is total; closed stands apart.',
  fields: (t) => ({
    id: t.exposeID('id'),
    status: t.field({ type: ImportStatus, resolve: (run) => run.status }),
    operation: t.field({
      type: Operation,
      nullable: true,
      description: 'What carries it out, and is cancelled to stop it; null for imports of older versions.',
      resolve: ({ operationId }, _args, context) =>
        operationId === null ? null : operationOf(context, operationId),
    }),
    isPreview: t.exposeBoolean('isPreview', {
      description: 'It tells what an import of the report would do, and has changed nothing.',
    }),
    revertedAt: t.expose('revertedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When what it had changed was set back.',
    }),
    format: t.exposeString('format', { nullable: true }),
    fileName: t.exposeString('fileName'),
    asset: t.field({ type: Asset, nullable: true, resolve: (run) => to(run.assetId) }),
    requestedBy: t.field({ type: User, nullable: true, resolve: (run) => to(run.requestedBy) }),
    total: t.exposeInt('total', { description: 'Records in the report.' }),
    created: t.exposeInt('created'),
    updated: t.exposeInt('updated'),
    unchanged: t.exposeInt('unchanged'),
    reopened: t.exposeInt('reopened'),
    closed: t.exposeInt('closed', { description: 'Findings that no scan sees any more.' }),
    skipped: t.exposeInt('skipped', { description: 'Records folded into another one, or no finding.' }),
    errorCode: t.exposeString('errorCode', { nullable: true, description: 'Why it failed, for programs.' }),
    errorMessage: t.exposeString('errorMessage', {
      nullable: true,
      description: 'Why it failed, for people.',
    }),
    changes: t.field({
      type: [PreviewedChange],
      description:
        'Of a preview, what an import would change, in the order of the report: 10,000 changes at most. What would be ' +
        'closed comes last. What imports have changed is not told here.',
      args: {
        first: t.arg.int({ defaultValue: 100, description: 'How many, 0 to 1,000.' }),
        after: t.arg.id({ description: 'The id of the change to go on from.' }),
      },
      listSize: { slicingArguments: ['first'], assumedSize: 100, requireOneSlicingArgument: false },
      resolve: (run, { first, after }, context) => {
        if (!run.isPreview) return []
        const most = first ?? 100
        if (most < 0 || most > mostShown) throw invalid('first', `Must be 0 to ${mostShown}`)
        if (after && !isId(after)) throw invalid('after', 'Must be the id of a change')
        return context.tenant((trx) => changesOf(trx, run.id, { first: most, after: after ?? null }))
      },
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
})

const ImportRunConnection = lists.connection(ImportRun)
const ImportRunFilter = builder.inputType('ImportRunFilter', {
  description: 'Which imports to list.',
  fields: (t) => ({
    status: t.field({ type: [ImportStatus] }),
    format: t.stringList(),
    createdAt: t.field({ type: lists.timeRange }),
  }),
})
const listArgs = lists.args(ImportRunFilter, lists.order('ImportRun', importRuns.spec))

builder.queryFields((t) => ({
  importRun: t.field({
    type: ImportRun,
    nullable: true,
    description: 'One import, or null.',
    authScopes: { permission: 'integrations:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => one(context, 'import-run', id, importRuns.find),
  }),
  importRuns: t.field({
    type: ImportRunConnection,
    description: 'The imports of the organization, newest first.',
    authScopes: { permission: 'integrations:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, importRuns.spec, args),
  }),
}))

const StartImportInput = builder.inputType('StartImportInput', {
  description: 'A report that was uploaded, and what is known of it.',
  fields: (t) => ({
    upload: t.id({ required: true, description: 'What the upload was answered with.' }),
    fileName: t.string({ required: true }),
    format: t.string({ description: 'trivy, grype or sarif; found out when it is left out.' }),
    asset: t.string({ description: 'The asset that it is about; else the report, or the file, names it.' }),
    preview: t.boolean({ description: 'Only tell what the import would do: its counts and changes.' }),
  }),
})
const StartImportPayload = builder.objectRef<{ run: ImportRunRow }>('StartImportPayload').implement({
  needs: 'inherited',
  description: 'The import that has begun.',
  fields: (t) => ({
    // Who began it is told of it.
    run: t.field({ type: ImportRun, needs: 'vulnerabilities:import', resolve: (payload) => payload.run }),
  }),
})

builder.mutationType({ authScopes: { signedIn: true } })
builder.mutationField('startImport', (t) =>
  t.field({
    type: StartImportPayload,
    description: 'Imports an uploaded report. The run goes on after the answer; follow it by `importRun`.',
    authScopes: { permission: 'vulnerabilities:import' },
    args: { input: t.arg({ type: StartImportInput, required: true }) },
    resolve: async (_root, { input }, context) => ({ run: await imports.start(context, input) }),
  }),
)

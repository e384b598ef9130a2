import type { Context } from '#kit/context.ts'
import { invalid } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import { signedIn } from '#kit/viewer.ts'
import * as checkResults from '../model/check-result.ts'
import { revert } from '../model/revert.ts'
import type { Tables } from '../tables.ts'
import { builder } from './builder.ts'
import { CheckOutcome, Severity } from './check-result.ts'

const CheckResultInput = builder.inputType('CheckResultInput', {
  inaccessible: true,
  description: 'What a check said of one place, as a tool reports it.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'What tells the place apart on its asset.' }),
    ruleId: t.string({ required: true }),
    title: t.string({ required: true }),
    severity: t.field({ type: Severity, required: true }),
    target: t.string({ required: true }),
    result: t.field({ type: CheckOutcome, required: true }),
  }),
})
const CheckRunInput = builder.inputType('CheckRunInput', {
  inaccessible: true,
  description: 'One run of one scan over one asset.',
  fields: (t) => ({
    id: t.id({ required: true }),
    assetId: t.id({ required: true }),
    tool: t.string({ required: true }),
    scope: t.string({ required: true, description: 'What the run may withdraw, 255 characters at most.' }),
  }),
})

type Given = (typeof CheckRunInput)['$inferInput']

function runOf(context: Context<Tables>, { id, assetId, tool, scope }: Given): checkResults.Run {
  if (!isId(id) || !isId(assetId)) throw invalid('run', 'Must have the id of a run and of an asset')
  return { id, assetId, tool, scope, organizationId: signedIn(context.viewer).organizationId }
}

const authScopes = { $all: { peer: 'integrations', permission: 'vulnerabilities:import' } } as const

builder.mutationType({ authScopes: { signedIn: true } })
builder.mutationFields((t) => ({
  applyCheckResults: t.int({
    description: 'Applies one batch of a run and answers how many places it holds. For integrations only.',
    inaccessible: true,
    authScopes,
    args: {
      run: t.arg({ type: CheckRunInput, required: true }),
      results: t.arg({ type: [CheckResultInput], required: true }),
    },
    resolve: (_root, { run, results }, context) =>
      context.ingest((trx) => checkResults.apply(trx, runOf(context, run), results)),
  }),
  finishCheckResults: t.int({
    description: 'Ends a complete run and answers how many results it withdrew. For integrations only.',
    inaccessible: true,
    authScopes,
    args: { run: t.arg({ type: CheckRunInput, required: true }) },
    resolve: (_root, { run }, context) =>
      context.ingest((trx) => checkResults.finish(trx, runOf(context, run))),
  }),
  revertCheckResults: t.int({
    description:
      'Sets results back to how they stood before a run, and answers how many. For integrations only.',
    inaccessible: true,
    authScopes,
    args: { run: t.arg.id({ required: true }) },
    resolve: (_root, { run }, context) => {
      if (!isId(run)) throw invalid('run', 'Must be the id of a run')
      return context.tenant((trx) => revert(trx, run))
    },
  }),
}))

import { screaming } from '#kit/builder.ts'
import { one } from '#kit/lookup.ts'
import * as checks from '../model/check.ts'
import * as checkResults from '../model/check-result.ts'
import { type CheckResultRow, type CheckRow, results } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { Asset } from './refs.ts'

export const Severity = lists.severity()
export const CheckOutcome = builder.enumType('CheckOutcome', {
  description: 'What a check said of one place. ERROR: it could not be run there.',
  values: screaming(results),
})

export const Check = builder.objectRef<CheckRow>('Check').implement({
  needs: 'compliance:read',
  description: 'A rule of a tool that looks at how something is set up.',
  fields: (t) => ({
    id: t.exposeID('id'),
    tool: t.exposeString('tool'),
    ruleId: t.exposeString('ruleId', { description: 'Its id at the tool, in the tool’s newest spelling.' }),
    title: t.exposeString('title'),
    severity: t.field({ type: Severity, resolve: (check) => check.severity }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})

export const CheckResult = builder.objectRef<CheckResultRow>('CheckResult').implement({
  needs: 'compliance:read',
  description: 'What one check says of one place on one asset.',
  fields: (t) => ({
    id: t.exposeID('id'),
    check: t.field({
      type: Check,
      nullable: true,
      resolve: (row, _args, context) => one(context, 'check', row.checkId, checks.find),
    }),
    asset: t.field({ type: Asset, nullable: true, resolve: (row) => ({ id: row.assetId }) }),
    target: t.exposeString('target', { description: 'The file, workload or resource that was looked at.' }),
    result: t.field({ type: CheckOutcome, resolve: (row) => row.result }),
    observedAt: t.expose('observedAt', { type: 'DateTime', description: 'When a scan last said so.' }),
  }),
})

export const CheckResultConnection = lists.connection(CheckResult)
const CheckResultFilter = builder.inputType('CheckResultFilter', {
  description: 'Which results to list: conditions are joined by AND, the values of one by OR.',
  fields: (t) => ({
    result: t.field({ type: [CheckOutcome] }),
    assetId: t.idList(),
    checkId: t.idList(),
  }),
})
export const checkResultArgs = lists.args(CheckResultFilter, lists.order('CheckResult', checkResults.spec))

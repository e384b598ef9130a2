import { reference, screaming } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { load } from '#kit/loader.ts'
import { listOf, one } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import * as acceptances from '../model/acceptance.ts'
import { acceptanceAt } from '../rules-acceptance.ts'
import { type AcceptanceRow, acceptanceStatuses, type Tables, treatments } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { User } from './refs.ts'

const AcceptanceStatus = builder.enumType('RiskAcceptanceStatus', {
  description: 'Where an acceptance stands now; EXPIRED comes by time alone.',
  values: screaming(acceptanceStatuses),
})
export const RiskTreatment = builder.enumType('RiskTreatment', {
  description: 'What is done about a risk, as OSCAL names it.',
  values: screaming(treatments),
})

export const RiskAcceptance = builder.objectRef<AcceptanceRow>('RiskAcceptance')
export const find = (context: Context<Tables>, id: string) => one(context, 'acceptance', id, acceptances.find)

RiskAcceptance.implement({
  needs: 'vulnerabilities:read',
  description: 'A risk that two people have agreed to live with for a while, or one of them has asked for.',
  fields: (t) => ({
    id: t.exposeID('id'),
    status: t.field({
      type: AcceptanceStatus,
      resolve: (row, _args, { clock }) => acceptanceAt(row, clock()),
    }),
    vulnerabilityIds: t.idList({
      description: 'The findings that it names.',
      resolve: (row) => row.findingIds,
    }),
    cveIds: t.exposeStringList('cveIds', {
      description: 'Or the weaknesses, of which later findings are accepted too.',
    }),
    assetIds: t.idList({
      description: 'On these assets, or, when there are none, on all.',
      resolve: (row) => row.assetIds,
    }),
    treatment: t.field({ type: RiskTreatment, resolve: (row) => row.treatment }),
    reason: t.exposeString('reason'),
    compensatingControls: t.exposeString('compensatingControls', { nullable: true }),
    evidence: t.exposeStringList('evidence', { description: 'Where to read more.' }),
    requestedBy: t.field({ type: User, nullable: true, resolve: (row) => to(row.requestedBy) }),
    approvedBy: t.field({ type: User, nullable: true, resolve: (row) => to(row.approvedBy) }),
    decidedBy: t.field({
      type: User,
      nullable: true,
      description: 'Who approved, rejected or revoked it.',
      resolve: (row) => to(row.decidedBy),
    }),
    decidedAt: t.expose('decidedAt', { type: 'DateTime', nullable: true }),
    decisionReason: t.exposeString('decisionReason', { nullable: true }),
    validFrom: t.expose('validFrom', { type: 'DateTime' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
    findingCount: t.int({
      description: 'How many findings it was the last to accept.',
      resolve: async ({ id }, _args, context) => {
        const batch = (ids: readonly string[]) => context.tenant((trx) => acceptances.counts(trx, ids))
        return (await load(context.loaders, 'accepted', id, batch)) ?? 0
      },
    }),
    version: t.exposeInt('version'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})
builder.asEntity(RiskAcceptance, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('vulnerabilities:read', find),
})

const RiskAcceptanceConnection = lists.connection(RiskAcceptance)
const RiskAcceptanceFilter = builder.inputType('RiskAcceptanceFilter', {
  description: 'Which acceptances to list.',
  fields: (t) => ({
    status: t.field({ type: [AcceptanceStatus] }),
    expiresAt: t.field({ type: lists.timeRange }),
    createdAt: t.field({ type: lists.timeRange }),
  }),
})
const listArgs = lists.args(
  RiskAcceptanceFilter,
  lists.order('RiskAcceptance', acceptances.specAt(new Date(0))),
)

builder.queryFields((t) => ({
  riskAcceptance: t.field({
    type: RiskAcceptance,
    nullable: true,
    description: 'One acceptance, or null.',
    authScopes: { permission: 'vulnerabilities:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  riskAcceptances: t.field({
    type: RiskAcceptanceConnection,
    description: 'The acceptances of the organization, newest first.',
    authScopes: { permission: 'vulnerabilities:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, acceptances.specAt(context.clock()), args),
  }),
}))

import type { Context } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import { signedIn } from '#kit/viewer.ts'
import * as acceptances from '../model/acceptance.ts'
import type { By } from '../model/triage.ts'
import type { AcceptanceRow, Tables } from '../tables.ts'
import { find, RiskAcceptance, RiskTreatment } from './acceptance.ts'
import { builder } from './builder.ts'
import { expectedVersion } from './changing.ts'

const version = { description: expectedVersion }

const RequestRiskAcceptanceInput = builder.inputType('RequestRiskAcceptanceInput', {
  description: 'A risk to live with for a while: some findings, or some weaknesses on some assets or on all.',
  fields: (t) => ({
    vulnerabilityIds: t.idList({ description: 'At most 1000.' }),
    cveIds: t.stringList({ description: 'In place of findings; at most 1000.' }),
    assetIds: t.idList({ description: 'Beside CVE ids; at most 1000.' }),
    treatment: t.field({ type: RiskTreatment, required: true }),
    reason: t.string({ required: true }),
    compensatingControls: t.string(),
    evidence: t.stringList(),
    validFrom: t.field({ type: 'DateTime', description: 'When it is approved, unless this is later.' }),
    expiresAt: t.field({
      type: 'DateTime',
      required: true,
      description: 'At most 365 days after it begins.',
    }),
  }),
})
const UpdateRiskAcceptanceInput = builder.inputType('UpdateRiskAcceptanceInput', {
  description: 'What to say otherwise while nobody has decided; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    treatment: t.field({ type: RiskTreatment }),
    reason: t.string(),
    compensatingControls: t.string(),
    evidence: t.stringList(),
    expiresAt: t.field({ type: 'DateTime' }),
    expectedVersion: t.int(version),
  }),
})
const decision = (name: string, description: string, mustSayWhy: boolean) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      id: t.id({ required: true }),
      reason: t.string({ required: mustSayWhy }),
      expectedVersion: t.int(version),
    }),
  })
const ApproveRiskAcceptanceInput = decision('ApproveRiskAcceptanceInput', 'A risk to accept.', false)
const RejectRiskAcceptanceInput = decision('RejectRiskAcceptanceInput', 'A risk not to accept.', true)
const RevokeRiskAcceptanceInput = decision('RevokeRiskAcceptanceInput', 'A risk to accept no longer.', true)

const payload = (name: string) =>
  builder.objectRef<{ riskAcceptance: AcceptanceRow }>(name).implement({
    needs: 'inherited',
    description: 'An acceptance as it is by now.',
    fields: (t) => ({
      riskAcceptance: t.field({ type: RiskAcceptance, resolve: ({ riskAcceptance }) => riskAcceptance }),
    }),
  })

const byOf = ({ viewer, clock }: Context<Tables>): By => ({ userId: signedIn(viewer).userId, at: clock() })
const idsOf = (ids: readonly string[] | null | undefined, noun: string): string[] =>
  (ids ?? []).map((id) => {
    if (!isId(id)) throw notFound(noun)
    return id.toLowerCase()
  })

/** Null for what may be null, and nothing for what may not: both mean that it stays. */
const given = <Value>(value: Value | null | undefined): Value | undefined => value ?? undefined

type Deciding = (...asked: Parameters<typeof acceptances.approve>) => ReturnType<typeof acceptances.approve>

async function deciding(context: Context<Tables>, input: acceptances.Decision, decide: Deciding) {
  if (!isId(input.id)) throw notFound('RiskAcceptance')
  return { riskAcceptance: await context.tenant((trx) => decide(trx, input, byOf(context))) }
}

builder.mutationFields((t) => ({
  requestRiskAcceptance: t.field({
    type: payload('RequestRiskAcceptancePayload'),
    description: 'Asks for a risk to be accepted for a while. Somebody else decides.',
    authScopes: { permissionOn: 'vulnerabilities:accept_request' },
    args: { input: t.arg({ type: RequestRiskAcceptanceInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { organizationId } = signedIn(context.viewer)
      const by = byOf(context)
      const wanted: acceptances.Wanted = {
        findingIds: idsOf(input.vulnerabilityIds, 'Vulnerability'),
        cveIds: (input.cveIds ?? []).map((id) => id.trim().toUpperCase()).filter(Boolean),
        assetIds: idsOf(input.assetIds, 'Asset'),
        treatment: input.treatment,
        reason: input.reason.trim(),
        compensatingControls: input.compensatingControls?.trim() || null,
        evidence: input.evidence ?? [],
        validFrom: input.validFrom && input.validFrom > by.at ? input.validFrom : by.at,
        expiresAt: input.expiresAt,
      }
      const about = await context.tenant((trx) => acceptances.assetsOf(trx, wanted))
      await context.permits('vulnerabilities:accept_request', about)
      return {
        riskAcceptance: await context.tenant((trx) => acceptances.request(trx, organizationId, wanted, by)),
      }
    },
  }),
  updateRiskAcceptance: t.field({
    type: payload('UpdateRiskAcceptancePayload'),
    description: 'Says otherwise what was asked for, while nobody has decided.',
    authScopes: { permissionOn: 'vulnerabilities:accept_request' },
    args: { input: t.arg({ type: UpdateRiskAcceptanceInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const seen = await find(context, input.id)
      if (!seen) throw notFound('RiskAcceptance')
      const about = await context.tenant((trx) => acceptances.assetsOf(trx, seen))
      await context.permits('vulnerabilities:accept_request', about)
      const { compensatingControls, expectedVersion } = input
      const wanted = {
        id: seen.id,
        expectedVersion,
        compensatingControls,
        treatment: given(input.treatment),
        reason: given(input.reason),
        evidence: given(input.evidence),
        expiresAt: given(input.expiresAt),
      } as acceptances.Rewording
      return {
        riskAcceptance: await context.tenant((trx) => acceptances.reword(trx, wanted, byOf(context))),
      }
    },
  }),
  approveRiskAcceptance: t.field({
    type: payload('ApproveRiskAcceptancePayload'),
    description: 'Accepts a risk that somebody else has asked to accept.',
    authScopes: { permission: 'vulnerabilities:accept_approve' },
    args: { input: t.arg({ type: ApproveRiskAcceptanceInput, required: true }) },
    resolve: (_root, { input }, context) => deciding(context, input, acceptances.approve),
  }),
  rejectRiskAcceptance: t.field({
    type: payload('RejectRiskAcceptancePayload'),
    description: 'Says no to what somebody has asked for, and why.',
    authScopes: { permission: 'vulnerabilities:accept_approve' },
    args: { input: t.arg({ type: RejectRiskAcceptanceInput, required: true }) },
    resolve: (_root, { input }, context) => deciding(context, input, acceptances.reject),
  }),
  revokeRiskAcceptance: t.field({
    type: payload('RevokeRiskAcceptancePayload'),
    description: 'Ends an acceptance before its time: its findings are confirmed again.',
    authScopes: { permission: 'vulnerabilities:accept_approve' },
    args: { input: t.arg({ type: RevokeRiskAcceptanceInput, required: true }) },
    resolve: (_root, { input }, context) => deciding(context, input, acceptances.revoke),
  }),
}))

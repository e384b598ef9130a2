import * as triage from '../model/triage.ts'
import { builder } from './builder.ts'
import { changing, expectedVersion, memberIsThere, payload } from './changing.ts'
import { Justification, Reachability, Resolution, Severity, VulnerabilityStatus } from './details.ts'

const authScopes = { permissionOn: 'vulnerabilities:write' } as const
const version = { description: expectedVersion }

const ChangeVulnerabilityStatusInput = builder.inputType('ChangeVulnerabilityStatusInput', {
  description: 'Where to move a finding, and what that step asks for.',
  fields: (t) => ({
    id: t.id({ required: true }),
    status: t.field({ type: VulnerabilityStatus, required: true }),
    reason: t.string({ description: 'For FALSE_POSITIVE and NOT_AFFECTED; at most 2000 characters.' }),
    justification: t.field({ type: Justification, description: 'For NOT_AFFECTED.' }),
    resolution: t.field({ type: Resolution, description: 'For RESOLVED: FIXED or MITIGATED.' }),
    expectedVersion: t.int(version),
  }),
})
const ConfirmVulnerabilityInput = builder.inputType('ConfirmVulnerabilityInput', {
  description: 'A finding that is real.',
  fields: (t) => ({ id: t.id({ required: true }), reason: t.string(), expectedVersion: t.int(version) }),
})
const StartRemediationInput = builder.inputType('StartRemediationInput', {
  description: 'A finding that is being worked on: by its assignee, or as a ticket says.',
  fields: (t) => ({
    id: t.id({ required: true }),
    assigneeId: t.id(),
    ticketUrl: t.string({ description: 'An address that begins with https://.' }),
    expectedVersion: t.int(version),
  }),
})
const MarkFalsePositiveInput = builder.inputType('MarkFalsePositiveInput', {
  description: 'A finding that is none.',
  fields: (t) => ({
    id: t.id({ required: true }),
    reason: t.string({ required: true }),
    expectedVersion: t.int(version),
  }),
})
const MarkNotAffectedInput = builder.inputType('MarkNotAffectedInput', {
  description: 'A finding whose weakness does no harm here.',
  fields: (t) => ({
    id: t.id({ required: true }),
    justification: t.field({ type: Justification, required: true }),
    reason: t.string({ required: true }),
    expectedVersion: t.int(version),
  }),
})
const ResolveVulnerabilityInput = builder.inputType('ResolveVulnerabilityInput', {
  description: 'A finding that has come to its end.',
  fields: (t) => ({
    id: t.id({ required: true }),
    resolution: t.field({ type: Resolution, required: true, description: 'FIXED or MITIGATED.' }),
    reason: t.string(),
    expectedVersion: t.int(version),
  }),
})
const ReopenVulnerabilityInput = builder.inputType('ReopenVulnerabilityInput', {
  description: 'A finding that is open again.',
  fields: (t) => ({ id: t.id({ required: true }), reason: t.string(), expectedVersion: t.int(version) }),
})
const AssignVulnerabilityInput = builder.inputType('AssignVulnerabilityInput', {
  description: 'Who is to look after a finding.',
  fields: (t) => ({
    id: t.id({ required: true }),
    assigneeId: t.id({ description: 'A member; null takes it from whoever has it.' }),
    expectedVersion: t.int(version),
  }),
})
const SetReachabilityInput = builder.inputType('SetReachabilityInput', {
  description: 'Whether the weak code is ever run.',
  fields: (t) => ({
    id: t.id({ required: true }),
    reachability: t.field({ type: Reachability, required: true }),
    expectedVersion: t.int(version),
  }),
})

const OverrideSeverityInput = builder.inputType('OverrideSeverityInput', {
  description: 'How bad a finding is here, whatever scans say.',
  fields: (t) => ({
    id: t.id({ required: true }),
    severity: t.field({ type: Severity, required: true }),
    reason: t.string({ required: true }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it is as bad again as scans say.' }),
    expectedVersion: t.int(version),
  }),
})
const EndSeverityOverrideInput = builder.inputType('EndSeverityOverrideInput', {
  description: 'A finding that is as bad as scans say.',
  fields: (t) => ({ id: t.id({ required: true }), expectedVersion: t.int(version) }),
})

builder.mutationFields((t) => ({
  overrideSeverity: t.field({
    type: payload('OverrideSeverityPayload'),
    description: 'Says how bad a finding is here: lists, counts and due times follow.',
    authScopes,
    args: { input: t.arg({ type: OverrideSeverityInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, (trx, rows, by) =>
        triage.overrideSeverity(trx, rows, { ...input, expiresAt: input.expiresAt ?? null }, by),
      ),
  }),
  endSeverityOverride: t.field({
    type: payload('EndSeverityOverridePayload'),
    description: 'Lets a finding be as bad as scans say.',
    authScopes,
    args: { input: t.arg({ type: EndSeverityOverrideInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, (trx, rows, by) => triage.endOverride(trx, rows, by)),
  }),
  changeVulnerabilityStatus: t.field({
    type: payload('ChangeVulnerabilityStatusPayload'),
    description: 'Moves a finding to another status, by the same rules as the mutations of one step.',
    authScopes,
    args: { input: t.arg({ type: ChangeVulnerabilityStatusInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, (trx, rows, by) => triage.move(trx, rows, { ...input, to: input.status }, by)),
  }),
  confirmVulnerability: t.field({
    type: payload('ConfirmVulnerabilityPayload'),
    description: 'Says that a finding is real.',
    authScopes,
    args: { input: t.arg({ type: ConfirmVulnerabilityInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, (trx, rows, by) => triage.move(trx, rows, { ...input, to: 'confirmed' }, by)),
  }),
  startRemediation: t.field({
    type: payload('StartRemediationPayload'),
    description: 'Says that a finding is being worked on; it then has an assignee or a ticket.',
    authScopes,
    args: { input: t.arg({ type: StartRemediationInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, async (trx, rows, by) => {
        await memberIsThere(context, input.assigneeId)
        return triage.move(trx, rows, { ...input, to: 'in_remediation' }, by)
      }),
  }),
  markFalsePositive: t.field({
    type: payload('MarkFalsePositivePayload'),
    description: 'Says that a finding is none, and why.',
    authScopes,
    args: { input: t.arg({ type: MarkFalsePositiveInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, (trx, rows, by) =>
        triage.move(trx, rows, { ...input, to: 'false_positive' }, by),
      ),
  }),
  markNotAffected: t.field({
    type: payload('MarkNotAffectedPayload'),
    description: 'Says that a weakness does no harm here, and why.',
    authScopes,
    args: { input: t.arg({ type: MarkNotAffectedInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, (trx, rows, by) =>
        triage.move(trx, rows, { ...input, to: 'not_affected' }, by),
      ),
  }),
  resolveVulnerability: t.field({
    type: payload('ResolveVulnerabilityPayload'),
    description: 'Says that a finding is fixed or mitigated. A scan that sees it opens it again.',
    authScopes,
    args: { input: t.arg({ type: ResolveVulnerabilityInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, (trx, rows, by) => triage.move(trx, rows, { ...input, to: 'resolved' }, by)),
  }),
  reopenVulnerability: t.field({
    type: payload('ReopenVulnerabilityPayload'),
    description: 'Opens a finding again that was resolved, or was said to be none.',
    authScopes,
    args: { input: t.arg({ type: ReopenVulnerabilityInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, (trx, rows, by) => triage.move(trx, rows, { ...input, to: 'open' }, by)),
  }),
  assignVulnerability: t.field({
    type: payload('AssignVulnerabilityPayload'),
    description: 'Gives a finding to a member, or takes it from whoever has it.',
    authScopes,
    args: { input: t.arg({ type: AssignVulnerabilityInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, async (trx, rows, by) => {
        await memberIsThere(context, input.assigneeId)
        return triage.assign(trx, rows, input.assigneeId ?? null, by)
      }),
  }),
  setVulnerabilityReachability: t.field({
    type: payload('SetVulnerabilityReachabilityPayload'),
    description: 'Says whether the weak code is ever run, which its risk follows.',
    authScopes,
    args: { input: t.arg({ type: SetReachabilityInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input, (trx, rows, by) => triage.setReachability(trx, rows, input.reachability, by)),
  }),
}))

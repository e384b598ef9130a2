import { screaming } from '#kit/builder.ts'
import { to } from '#kit/refs.ts'
import type { RiskFactor } from '../rules-risk.ts'
import {
  type Component,
  justifications,
  kinds,
  type Location,
  presences,
  reachabilities,
  resolutions,
  slaReasons,
  slaStates,
  statuses,
  type VulnerabilityRow,
} from '../tables.ts'
import { builder, lists } from './builder.ts'
import { User } from './refs.ts'

export const Severity = lists.severity()
export const VulnerabilityStatus = builder.enumType('VulnerabilityStatus', {
  description: 'Where a finding stands; an accepted risk is still open risk.',
  values: screaming(statuses),
})
export const Presence = builder.enumType('Presence', {
  description: 'Whether any scan sees the finding now, whatever people have said of it.',
  values: screaming(presences),
})
export const Resolution = builder.enumType('VulnerabilityResolution', {
  description: 'How a finding came to its end.',
  values: screaming(resolutions),
})
export const FindingKind = builder.enumType('FindingKind', {
  description: 'What kind of weakness was found.',
  values: screaming(kinds),
})

export const VulnerableComponent = builder.objectRef<Component>('VulnerableComponent').implement({
  needs: 'inherited',
  description: 'The package that has the weakness.',
  fields: (t) => ({
    name: t.exposeString('name'),
    version: t.exposeString('version', { nullable: true }),
    purl: t.exposeString('purl', { nullable: true, description: 'Package URL.' }),
    path: t.exposeString('path', { nullable: true, description: 'Where it is installed or declared.' }),
  }),
})
export const FindingLocation = builder.objectRef<Location>('FindingLocation').implement({
  needs: 'inherited',
  description: 'Where in a source tree the weakness is.',
  fields: (t) => ({
    path: t.exposeString('path'),
    line: t.exposeInt('line', { nullable: true, description: 'From 1.' }),
  }),
})
export const Justification = builder.enumType('Justification', {
  description: 'Why a weakness does no harm here, as CycloneDX VEX names it.',
  values: screaming(justifications),
})
export const Reachability = builder.enumType('Reachability', {
  description: 'Whether the weak code is ever run. UNREACHABLE lowers the risk and closes nothing.',
  values: screaming(reachabilities),
})
export const SlaState = builder.enumType('SlaState', {
  description: 'How a finding does against its due time; AT_RISK when a fifth of the time is left, or less.',
  values: screaming(slaStates),
})
export const SlaReason = builder.enumType('SlaReason', {
  description: 'The rule that made a finding due when it is: of several the strictest.',
  values: screaming(slaReasons),
})
export const RiskLevel = builder.enumType('RiskLevel', {
  description: 'A score in words: CRITICAL from 80, HIGH from 60, MEDIUM from 35, LOW from 1.',
  values: screaming(['critical', 'high', 'medium', 'low', 'info']),
})
export const VulnerabilityRiskFactor = builder.objectRef<RiskFactor>('VulnerabilityRiskFactor').implement({
  needs: 'inherited',
  description: 'A part of the risk of a finding; all of them together are its score.',
  fields: (t) => ({
    name: t.exposeString('name'),
    input: t.expose('input', { type: 'JSON', nullable: true, description: 'What it was found from.' }),
    contribution: t.exposeInt('contribution'),
  }),
})

export const SeverityOverride = builder.objectRef<VulnerabilityRow>('SeverityOverride').implement({
  needs: 'inherited',
  description: 'How bad somebody has said that a finding is here.',
  fields: (t) => ({
    value: t.field({ type: Severity, resolve: (row) => row.severityOverride! }),
    reason: t.string({ resolve: (row) => row.overrideReason! }),
    by: t.field({ type: User, nullable: true, resolve: (row) => to(row.overrideBy) }),
    at: t.expose('overrideAt', { type: 'DateTime', nullable: true }),
    expiresAt: t.expose('overrideUntil', { type: 'DateTime', nullable: true }),
  }),
})

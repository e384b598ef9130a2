import { screaming } from '#kit/builder.ts'
import { listPer } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import * as history from '../model/history.ts'
import { severityAt } from '../rules.ts'
import { statusAt } from '../rules-lifecycle.ts'
import { type HistoryRow, historyKinds, type VulnerabilityRow } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { Presence, Resolution, Severity, VulnerabilityStatus } from './details.ts'
import { User } from './refs.ts'
import { Vulnerability } from './vulnerability.ts'

const VulnerabilityChangeKind = builder.enumType('VulnerabilityChangeKind', {
  description:
    'What a change was about first of all: STATUS, PRESENCE, SEVERITY, an ACCEPTANCE, that it was MERGED, or RISK alone.',
  values: screaming(historyKinds),
})

/** How a finding stood before a change. */
const before = (row: HistoryRow) => ({
  status: row.fromStatus,
  severity: row.fromSeverity,
  severityOverride: row.fromSeverityOverride,
  overrideUntil: row.fromOverrideUntil,
  acceptedFrom: row.fromAcceptedFrom,
  acceptedUntil: row.fromAcceptedUntil,
})

const VulnerabilityChange = builder.objectRef<HistoryRow>('VulnerabilityChange').implement({
  needs: 'inherited',
  description: 'One change of a finding: how it stood before, and how after.',
  fields: (t) => ({
    id: t.exposeID('id'),
    at: t.expose('at', { type: 'DateTime' }),
    kind: t.field({ type: VulnerabilityChangeKind, resolve: (row) => row.kind }),
    by: t.field({
      type: User,
      nullable: true,
      description: 'Who said so; null for a scan, and for what follows from something else.',
      resolve: (row) => to(row.changedBy),
    }),
    note: t.exposeString('note', { nullable: true, description: 'Why, in their words.' }),
    fromStatus: t.field({
      type: VulnerabilityStatus,
      resolve: (row) => statusAt(before(row), row.at),
    }),
    status: t.field({ type: VulnerabilityStatus, resolve: (row) => statusAt(row, row.at) }),
    fromSeverity: t.field({ type: Severity, resolve: (row) => severityAt(before(row), row.at) }),
    severity: t.field({ type: Severity, resolve: (row) => severityAt(row, row.at) }),
    fromPresence: t.field({ type: Presence, resolve: (row) => row.fromPresence }),
    presence: t.field({ type: Presence, resolve: (row) => row.presence }),
    resolution: t.field({ type: Resolution, nullable: true, resolve: (row) => row.resolution }),
    acceptedUntil: t.expose('acceptedUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when its risk was accepted.',
    }),
    fromRiskScore: t.exposeInt('fromRiskScore'),
    riskScore: t.exposeInt('riskScore'),
  }),
})
const VulnerabilityChangeConnection = lists.connection(VulnerabilityChange)

builder.objectField(Vulnerability, 'history', (t) =>
  t.field({
    type: VulnerabilityChangeConnection,
    description:
      'How it came to stand as it does, newest first: what it was at first, the first change says.',
    args: {
      first: t.arg.int({ description: 'Size of a page, 0 to 100; 20 unless said.' }),
      after: t.arg.string({ description: 'The cursor to go on from.' }),
    },
    listSize: { ...lists.size, slicingArguments: ['first'] },
    resolve: ({ id }: VulnerabilityRow, args, context) =>
      listPer(context, history.spec, 'vulnerabilityId', id, args),
  }),
)

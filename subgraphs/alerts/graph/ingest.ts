import { note } from '#kit/audit.ts'
import { screaming } from '#kit/builder.ts'
import { invalid } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import { signedIn } from '#kit/viewer.ts'
import { type Ingested, ingest, type Outcome, outcomes } from '../model/ingest.ts'
import { builder } from './builder.ts'
import { type Changed, tell } from './changed.ts'
import { Confidence, Severity } from './enums.ts'

const mostAtOnce = 1_000

const IncomingAlertInput = builder.inputType('IncomingAlertInput', {
  description: 'An alert as its source reports it.',
  fields: (t) => ({
    sourceRef: t.string({ description: 'Its id at its source, by which it is known again.' }),
    ruleId: t.string({
      description:
        'The rule that saw it: together with the asset what it is known by, where its source gives no id.',
    }),
    assetId: t.id(),
    severity: t.field({ type: Severity, required: true }),
    confidence: t.field({ type: Confidence }),
    title: t.string({ required: true }),
    description: t.string(),
    attacks: t.stringList({ description: 'Techniques of MITRE ATT&CK, such as T1059.001.' }),
    metadata: t.field({ type: 'JSON', description: 'An object with what else its source says.' }),
  }),
})
const IngestAlertsInput = builder.inputType('IngestAlertsInput', {
  description: 'What one source reports.',
  fields: (t) => ({
    source: t.string({ required: true, description: 'The system that reports, by a name that stays.' }),
    alerts: t.field({ type: [IncomingAlertInput], required: true, description: 'At most 1000.' }),
  }),
})

const IngestOutcome = builder.enumType('IngestOutcome', {
  description:
    'What became of a reported alert: CREATED; REPEATED, as it is known and not resolved; REOPENED, as it was resolved a ' +
    'short time ago; SUCCEEDED, a new one in the place of one that was resolved long ago; SUPPRESSED by a rule; REFUSED.',
  values: screaming(outcomes),
})
const IngestedAlert = builder.objectRef<Ingested & { index: number }>('IngestedAlert').implement({
  needs: 'inherited',
  description: 'What became of one reported alert.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Its place in what was reported, from 0.' }),
    outcome: t.field({ type: IngestOutcome, resolve: ({ outcome }) => outcome }),
    alertId: t.exposeID('alertId', { nullable: true, description: 'Null for one that was refused.' }),
    message: t.exposeString('message', { nullable: true, description: 'Why it was refused.' }),
  }),
})

const countOf = (results: readonly Ingested[], wanted: Outcome) =>
  results.filter(({ outcome }) => outcome === wanted).length

const IngestAlertsPayload = builder.objectRef<Ingested[]>('IngestAlertsPayload').implement({
  needs: 'inherited',
  description: 'What became of reported alerts.',
  fields: (t) => ({
    created: t.int({ resolve: (results) => countOf(results, 'created') }),
    repeated: t.int({ resolve: (results) => countOf(results, 'repeated') }),
    reopened: t.int({ resolve: (results) => countOf(results, 'reopened') }),
    succeeded: t.int({ resolve: (results) => countOf(results, 'succeeded') }),
    suppressed: t.int({ resolve: (results) => countOf(results, 'suppressed') }),
    refused: t.int({ resolve: (results) => countOf(results, 'refused') }),
    items: t.field({
      type: [IngestedAlert],
      description: 'In the order of what was reported.',
      resolve: (results) => results.map((each, index) => ({ ...each, index })),
    }),
  }),
})

const changeOf: Readonly<Partial<Record<Outcome, Changed>>> = {
  created: 'created',
  succeeded: 'created',
  suppressed: 'suppressed',
  reopened: 'reopened',
  repeated: 'updated',
}

builder.mutationField('ingestAlerts', (t) =>
  t.field({
    type: IngestAlertsPayload,
    description:
      'Reports alerts. The same one again counts as a repeat, whoever reports it at the same time, and nothing that ' +
      'anybody has decided of it is lost.',
    authScopes: { permission: 'alerts:write' },
    args: { input: t.arg({ type: IngestAlertsInput, required: true }) },
    resolve: async (_root, { input: { source, alerts } }, context) => {
      const { organizationId } = signedIn(context.viewer)
      if (alerts.length > mostAtOnce) throw invalid('alerts', `At most ${mostAtOnce} at once`)
      const incoming = alerts.map((alert) => ({
        ...{ severity: alert.severity, title: alert.title, description: alert.description ?? null },
        ...{
          sourceRef: alert.sourceRef ?? null,
          ruleId: alert.ruleId ?? null,
          assetId: alert.assetId ?? null,
        },
        ...{ confidence: alert.confidence ?? 'unknown', attacks: alert.attacks ?? [] },
        metadata: (alert.metadata ?? {}) as Record<string, unknown>,
      }))
      const reporting = { organizationId, source, at: context.clock() }
      const results = await context.ingest(async (trx) => {
        const reported = await ingest(trx, reporting, incoming)
        const counts = Object.fromEntries(outcomes.map((outcome) => [outcome, countOf(reported, outcome)]))
        note({ type: 'AlertIngest', id: newId(), before: null, after: { source, ...counts } })
        return reported
      })
      const told = new Map<string, Changed>()
      for (const { alertId, outcome } of results) {
        const change = changeOf[outcome]
        if (alertId && change && !told.has(alertId)) told.set(alertId, change)
      }
      await Promise.all([...told].map(([alertId, change]) => tell(context, change, [alertId])))
      return results
    },
  }),
)

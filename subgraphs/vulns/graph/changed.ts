import { screaming } from '#kit/builder.ts'
import type { EventName, Told } from '#kit/events.ts'
import { signedIn } from '#kit/viewer.ts'
import { find as findAcceptance, RiskAcceptance } from './acceptance.ts'
import { builder } from './builder.ts'
import { find, Vulnerability } from './vulnerability.ts'

const changes = [
  ...(['updated', 'reopened', 'resolved', 'kev_listed', 'sla_at_risk', 'sla_breached'] as const),
  ...(['acceptance_expiring', 'acceptance_expired'] as const),
] as const
type Changed = (typeof changes)[number]
type EventOfFindings = Extract<EventName, `vulnerability.${Changed}`>

const Event = builder.enumType('VulnerabilityEvent', {
  description: 'What has happened to a finding, or to the acceptance of a risk.',
  values: screaming(changes),
})
const VulnerabilityChanged = builder.objectRef<Told<EventOfFindings>>('VulnerabilityChanged').implement({
  needs: 'inherited',
  description: 'That a finding is not as it was, or that time has passed for one.',
  fields: (t) => ({
    change: t.field({
      type: Event,
      description: 'What has happened.',
      resolve: ({ event }) => event.replace('vulnerability.', '') as Changed,
    }),
    vulnerability: t.field({
      type: Vulnerability,
      nullable: true,
      description: 'The finding as it is now; null where it is of an acceptance.',
      resolve: (told, _args, context) =>
        'vulnerabilityId' in told ? find(context, told.vulnerabilityId) : null,
    }),
    riskAcceptance: t.field({
      type: RiskAcceptance,
      nullable: true,
      description: 'The acceptance that ends within seven days, or has ended; null where it is of a finding.',
      resolve: (told, _args, context) =>
        'riskAcceptanceId' in told ? findAcceptance(context, told.riskAcceptanceId) : null,
    }),
  }),
})

builder.subscriptionType({
  description: 'What happens in the organization, from now on.',
  authScopes: { signedIn: true },
})
builder.subscriptionField('vulnerabilityChanged', (t) =>
  t.field({
    type: VulnerabilityChanged,
    description:
      'Tells of findings that somebody changes, that come on a list of what is exploited, and that fall due; and of acceptances that end. What a scan changes is told by its import.',
    authScopes: { permission: 'vulnerabilities:read' },
    subscribe: (_root, _args, { events, viewer }) =>
      events.subscribe(
        signedIn(viewer).organizationId,
        ...changes.map((change): EventOfFindings => `vulnerability.${change}`),
      ) as never,
    resolve: (event) => event as Told<EventOfFindings>,
  }),
)

import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun, one, stats, time } from './list.ts'
import { inputOf } from './risk-acceptances.ts'
import { type Fields, type Route, route } from './route.ts'
import { vulnerabilityDetails } from './vulnerability-details.ts'

export const vulnerability: Noun = {
  type: 'Vulnerability',
  one: 'vulnerability',
  many: 'vulnerabilities',
  needs: 'vulnerabilities:read',
  item: `id organization { id } asset { id } cveId aliases severity observedSeverity severityOverride { value reason expiresAt } cvssScore cvssVector
    riskScore riskLevel status statusReason statusAt resolution justification reachability presence assignee { id }
    ticketUrl acceptance { id } mergedInto { id } title description remediation dueDate dueAt slaState slaReason component { name version purl path }
    location { path line } fixedVersions firstSeenAt lastSeenAt createdAt updatedAt version`,
  filters: [
    ...['severity', 'status', 'assetId', 'cveId', 'presence', 'search', 'riskScore', 'slaState', 'slaReason'],
    ...['dueAt', 'assigneeId', 'reachability', 'kev', 'minEpss', 'acceptanceId'],
  ],
}

const upper = (word: string) => word.toUpperCase()
const word = z.string().min(1).max(50).transform(upper)
const version = z.int('Must be a number').optional()
const text = z.string().max(2_000)
const params = z.object({ id: z.string() })

type Step = {
  method?: 'POST' | 'PUT'
  path: string
  mutation: string
  input: string
  body: z.ZodRawShape
}

/** What somebody does with one finding. */
const steps: readonly Step[] = [
  {
    path: 'status',
    mutation: 'changeVulnerabilityStatus',
    input: 'ChangeVulnerabilityStatusInput',
    body: {
      status: word,
      reason: text.optional(),
      justification: word.optional(),
      resolution: word.optional(),
    },
  },
  {
    path: 'confirm',
    mutation: 'confirmVulnerability',
    input: 'ConfirmVulnerabilityInput',
    body: { reason: text.optional() },
  },
  {
    path: 'start-remediation',
    mutation: 'startRemediation',
    input: 'StartRemediationInput',
    body: { assignee_id: z.string().optional(), ticket_url: text.optional() },
  },
  {
    path: 'false-positive',
    mutation: 'markFalsePositive',
    input: 'MarkFalsePositiveInput',
    body: { reason: text },
  },
  {
    path: 'not-affected',
    mutation: 'markNotAffected',
    input: 'MarkNotAffectedInput',
    body: { justification: word, reason: text },
  },
  {
    path: 'resolve',
    mutation: 'resolveVulnerability',
    input: 'ResolveVulnerabilityInput',
    body: { resolution: word, reason: text.optional() },
  },
  {
    path: 'reopen',
    mutation: 'reopenVulnerability',
    input: 'ReopenVulnerabilityInput',
    body: { reason: text.optional() },
  },
  {
    method: 'PUT',
    path: 'assignee',
    mutation: 'assignVulnerability',
    input: 'AssignVulnerabilityInput',
    body: { assignee_id: z.string().nullable() },
  },
  {
    method: 'PUT',
    path: 'reachability',
    mutation: 'setVulnerabilityReachability',
    input: 'SetReachabilityInput',
    body: { reachability: word },
  },
  {
    method: 'PUT',
    path: 'severity',
    mutation: 'overrideSeverity',
    input: 'OverrideSeverityInput',
    body: { severity: word, reason: text, expires_at: time },
  },
  {
    path: 'severity/end',
    mutation: 'endSeverityOverride',
    input: 'EndSeverityOverrideInput',
    body: {},
  },
]

const slaFields = `version criticalDays highDays mediumDays lowDays kevDays exploitableInternetDays exploitableDays
  internetDays epssThreshold restartAfterDays createdBy { id } createdAt`
const days = z.int('Must be a number').nullable().optional()
const slaBody = z.strictObject({
  ...{ critical_days: days, high_days: days, medium_days: days, low_days: days },
  ...{ kev_days: days, exploitable_internet_days: days, exploitable_days: days, internet_days: days },
  epss_threshold: z.number().optional(),
  restart_after_days: z.int('Must be a number').optional(),
  version,
})

/** By when findings are to be gone. */
const sla = (): Route[] => [
  route({
    method: 'GET',
    path: '/vulnerabilities/sla-policy',
    needs: vulnerability.needs,
    operation: `query SlaPolicy { slaPolicy { ${slaFields} } }`,
    data: ({ slaPolicy }) => slaPolicy,
  }),
  route({
    method: 'PUT',
    path: '/vulnerabilities/sla-policy',
    needs: 'organization:policy',
    operation: `mutation SetSlaPolicy($input: SetSlaPolicyInput!) {
      setSlaPolicy(input: $input) { slaPolicy { ${slaFields} } operationId }
    }`,
    body: slaBody as unknown as z.ZodType<Fields>,
    variables: ({ body }) => ({ input: inputOf(body) }),
    data: ({ setSlaPolicy }) => {
      const { sla_policy, operation_id } = setSlaPolicy as { sla_policy: Fields; operation_id: string }
      return { ...sla_policy, operation_id }
    },
  }),
]

const step = ({ method = 'POST', path, mutation, input, body }: Step): Route =>
  route({
    method,
    path: `/vulnerabilities/:id/${path}`,
    needs: 'vulnerabilities:write',
    noun: vulnerability.type,
    operation: `mutation ${upper(mutation[0]!)}${mutation.slice(1)}($input: ${input}!) {
      ${mutation}(input: $input) { vulnerability { ${vulnerability.item} } }
    }`,
    params,
    body: z.strictObject({ ...body, version }) as unknown as z.ZodType<Fields>,
    variables: ({ params: { id }, body: said }) => ({ input: { id, ...inputOf(said) } }),
    data: (answer) => (answer[mutation] as Fields).vulnerability,
  })

/** What goes by names of two weaknesses. */
const split = (): Route =>
  route({
    method: 'POST',
    path: '/vulnerabilities/:id/split',
    needs: 'vulnerabilities:write',
    noun: vulnerability.type,
    operation: `mutation SplitVulnerability($input: SplitVulnerabilityInput!) {
      splitVulnerability(input: $input) { vulnerability { ${vulnerability.item} } apart { ${vulnerability.item} } apartCount }
    }`,
    params,
    body: z.strictObject({
      ...{ aliases: z.array(z.string().max(100)).max(50).optional(), reason: text, version },
    }) as unknown as z.ZodType<Fields>,
    variables: ({ params: { id }, body }) => ({ input: { id, ...inputOf(body) } }),
    data: ({ splitVulnerability }) => splitVulnerability,
  })

export const vulnerabilities = (graph: GraphQLSchema): Route[] => [
  list(graph, vulnerability, '/vulnerabilities'),
  stats(
    '/vulnerabilities/stats',
    vulnerability.needs,
    'vulnerabilityStats',
    'total open bySeverity { key count } byStatus { key count } mttrSeconds',
    { asOf: true },
  ),
  ...sla(),
  ...vulnerabilityDetails(),
  one(vulnerability, '/vulnerabilities/:id'),
  ...steps.map(step),
  split(),
]

import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun, one, stats } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const vulnerability: Noun = {
  type: 'Vulnerability',
  one: 'vulnerability',
  many: 'vulnerabilities',
  needs: 'vulnerabilities:read',
  item: `id organization { id } asset { id } cveId aliases severity observedSeverity cvssScore cvssVector
    riskScore riskLevel status statusReason statusAt resolution justification reachability presence assignee { id }
    ticketUrl title description remediation dueDate dueAt slaState slaReason component { name version purl path }
    location { path line } fixedVersions firstSeenAt lastSeenAt createdAt updatedAt version`,
  filters: [
    ...['severity', 'status', 'assetId', 'cveId', 'presence', 'search', 'riskScore', 'slaState', 'slaReason'],
    ...['dueAt', 'assigneeId', 'reachability', 'kev', 'minEpss'],
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
]

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

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
    variables: ({ params: { id }, body: { version: expectedVersion, ...said } }) => ({
      input: {
        id,
        expectedVersion,
        ...Object.fromEntries(Object.entries(said).map(([name, value]) => [camel(name), value])),
      },
    }),
    data: (answer) => (answer[mutation] as Fields).vulnerability,
  })

export const vulnerabilities = (graph: GraphQLSchema): Route[] => [
  list(graph, vulnerability, '/vulnerabilities'),
  stats(
    '/vulnerabilities/stats',
    vulnerability.needs,
    'vulnerabilityStats',
    'total open bySeverity { key count } byStatus { key count }',
  ),
  one(vulnerability, '/vulnerabilities/:id'),
  ...steps.map(step),
]

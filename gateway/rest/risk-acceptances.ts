import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import type { Permission } from '#kit/viewer.ts'
import { list, type Noun, one, time } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const acceptance: Noun = {
  type: 'RiskAcceptance',
  one: 'riskAcceptance',
  many: 'riskAcceptances',
  needs: 'vulnerabilities:read',
  item: `id status vulnerabilityIds cveIds assetIds treatment reason compensatingControls evidence
    requestedBy { id } approvedBy { id } decidedBy { id } decidedAt decisionReason validFrom expiresAt findingCount
    version createdAt updatedAt`,
  filters: ['status', 'expiresAt'],
}

const text = z.string().max(2_000)
const ids = z.array(z.string()).max(1_000)
const version = z.int('Must be a number').optional()
const treatment = z
  .string()
  .max(50)
  .transform((word) => word.toUpperCase())
const when = time.unwrap()
const params = z.object({ id: z.string() })

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
/** A body in the names of the graph. */
export const inputOf = ({ version: expectedVersion, ...body }: Fields): Fields => ({
  ...Object.fromEntries(Object.entries(body).map(([name, value]) => [camel(name), value])),
  ...(expectedVersion === undefined ? {} : { expectedVersion }),
})

type Change = { method: 'POST' | 'PUT'; path: string; status?: number; verb: string; needs: Permission }

const change = ({ verb, needs, ...where }: Change, body: z.ZodRawShape): Route => {
  const mutation = `${verb}RiskAcceptance`
  const name = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}`
  const isOne = where.path.includes(':id')
  return route({
    ...where,
    needs,
    noun: acceptance.type,
    operation: `mutation ${name}($input: ${name}Input!) {
      ${mutation}(input: $input) { riskAcceptance { ${acceptance.item} } }
    }`,
    ...(isOne ? { params } : {}),
    body: z.strictObject(body) as unknown as z.ZodType<Fields>,
    variables: ({ params: asked, body: said }) => ({
      input: { ...(isOne ? { id: (asked as { id: string }).id } : {}), ...inputOf(said) },
    }),
    data: (answer) => (answer[mutation] as Fields).risk_acceptance,
  })
}

const asks = 'vulnerabilities:accept_request'
const decides = 'vulnerabilities:accept_approve'
const path = '/risk-acceptances/:id'

export const riskAcceptances = (graph: GraphQLSchema): Route[] => [
  list(graph, acceptance, '/risk-acceptances'),
  one(acceptance, path),
  change(
    { method: 'POST', path: '/risk-acceptances', status: 201, verb: 'request', needs: asks },
    {
      vulnerability_ids: ids.optional(),
      cve_ids: ids.optional(),
      asset_ids: ids.optional(),
      treatment,
      reason: text,
      compensating_controls: text.optional(),
      evidence: z.array(text).optional(),
      valid_from: when.optional(),
      expires_at: when,
    },
  ),
  change(
    { method: 'PUT', path, verb: 'update', needs: asks },
    {
      treatment: treatment.optional(),
      reason: text.optional(),
      compensating_controls: text.nullable().optional(),
      evidence: z.array(text).optional(),
      expires_at: when.optional(),
      version,
    },
  ),
  change(
    { method: 'POST', path: `${path}/approve`, verb: 'approve', needs: decides },
    { reason: text.optional(), version },
  ),
  change(
    { method: 'POST', path: `${path}/reject`, verb: 'reject', needs: decides },
    { reason: text, version },
  ),
  change(
    { method: 'POST', path: `${path}/revoke`, verb: 'revoke', needs: decides },
    { reason: text, version },
  ),
]

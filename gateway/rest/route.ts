import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type GraphQLSchema, parse, validate } from 'graphql'
import { z } from 'zod'
import { asksOf, type ErrorDetail, NexusError, notFound } from '#kit/errors.ts'
import type { Permission } from '#kit/viewer.ts'
import { contextOf } from '../context.ts'
import { meta, publicError } from '../errors.ts'
import type { Operations } from '../operations.ts'
import { shapeOf } from './shape.ts'

export type Fields = Record<string, unknown>
type Input<Params, Query, Body> = { params: Params; query: Query; body: Body }

/**
 * Who may ask: what the root fields of the operation demand, each permission once, or anyone. The graph holds to it;
 * the row says it too, and a row that says something else is refused when the contracts are written.
 */
export type Rule =
  | { needs: Permission | 'signedIn' | readonly Permission[]; open?: never }
  /** Asked by those, too, whose token is no longer good: they are nobody here. */
  | { open: true; needs?: never }

/** One REST route: a name for a GraphQL operation, who may ask, what it takes and what it shows of the answer. */
export type Route<Params = unknown, Query = unknown, Body = unknown> = Rule & {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  status?: number
  /** What the noun is called when there is none. */
  noun?: string
  operation: string
  params?: z.ZodType<Params>
  query?: z.ZodType<Query>
  body?: z.ZodType<Body>
  /** Its body is bounded by the server alone, and may be longer than what the graph takes from others. */
  large?: true
  variables?(input: Input<Params, Query, Body>, request: FastifyRequest): Fields
  /** The data of the answer; null answers 404. */
  data(answer: Fields, input: Input<Params, Query, Body>): unknown
  /** Headers of the answer, besides those that every answer has. */
  headers?(answer: Fields, input: Input<Params, Query, Body>): Record<string, string | string[]>
  /** Of a door that browsers walk through: the address that they go on to, and the one where they are refused. */
  leads?: { to(answer: Fields): string; refused(error: NexusError): string }
}

/** Types a row by its own shapes. */
export const route = <Params, Query, Body>(row: Route<Params, Query, Body>): Route => row as unknown as Route

const hasRule = ({ needs, open }: Route): boolean =>
  open === true || (needs !== undefined && needs.length > 0)

/** The graph behind the routes. */
export type Graph = {
  /** What it offers now. */
  readonly schema: GraphQLSchema
  operations: Operations
  /** Has `check` asked whether a schema will do, before it takes the place of this one. */
  fits(check: (schema: GraphQLSchema) => void): void
}
type Answered = { data: unknown; headers: Record<string, string | string[]>; location: string | undefined }
type Ask = (request: FastifyRequest, input: Input<unknown, unknown, unknown>) => Promise<Answered>

/** A row, ready to be asked. Throws at start when the graph has no such operation; a later one is not taken then. */
export function compile(graph: Graph, row: Route): Ask {
  if (!hasRule(row)) throw new Error(`${row.method} ${row.path} does not say who may ask`)
  const document = parse(row.operation, { noLocation: true })
  const known = new WeakMap<GraphQLSchema, ReturnType<typeof shapeOf>>()
  const shapeFor = (schema: GraphQLSchema) => {
    const before = known.get(schema)
    if (before) return before
    const [wrong] = validate(schema, document)
    if (wrong) throw new Error(`${row.method} ${row.path} does not fit the graph: ${wrong.message}`)
    const shape = shapeOf(schema, document)
    known.set(schema, shape)
    return shape
  }
  shapeFor(graph.schema)
  graph.fits(shapeFor)
  return async (request, input) => {
    // Of the schema that the operation is asked of in this very moment.
    const shape = shapeFor(graph.schema)
    const variables = row.variables?.(input, request) ?? {}
    const asked = { query: row.operation, variables, measured: row.large === true }
    const { data, errors } = await graph.operations.answer(asked, contextOf(request))
    const [error] = (errors ?? []).filter((each) => !isBeside(each, data))
    if (error) throw refusalOf(error)
    const fields = shape(data as Fields)
    const shown = row.data(fields, input) ?? null
    if (shown === null) throw errors?.[0] ? refusalOf(errors[0]) : notFound(row.noun ?? 'It')
    return { data: shown, headers: row.headers?.(fields, input) ?? {}, location: row.leads?.to(fields) }
  }
}

type AnswerError = NonNullable<Awaited<ReturnType<Operations['answer']>>['errors']>[number]

function refusalOf({ message: said, extensions }: AnswerError): NexusError {
  const { code, message, details, ...asks } = publicError(said, extensions)
  return new NexusError(code, message, details.map(inRestTerms), asksOf(code, asks))
}

/** What hangs on the answer and is not for who asks is null there; the answer itself is theirs. */
const isBeside = ({ extensions, path = [] }: AnswerError, data: unknown): boolean => {
  const [root, ...below] = path
  const given = (data as Fields | null | undefined)?.[String(root)] ?? null
  return extensions?.code === 'FORBIDDEN' && below.length > 0 && given !== null
}

const parameters: Record<string, string> = { after: 'cursor', first: 'limit', offset: 'page' }
const inRestTerms = ({ field, message }: ErrorDetail) => ({ field: parameters[field] ?? field, message })

/** Reads what a row takes. Throws VALIDATION_ERROR with a detail for each thing that is wrong. */
export function read(
  row: Pick<Route, 'params' | 'query' | 'body'>,
  request: FastifyRequest,
): Input<unknown, unknown, unknown> {
  const none = z.strictObject({})
  const shape = z.object({
    params: row.params ?? z.unknown(),
    query: row.query ?? none,
    body: row.body ?? z.unknown(),
  })
  const { params, query, body } = request
  const result = shape.safeParse({ params, query, body: body ?? {} })
  if (result.success) return result.data as Input<unknown, unknown, unknown>
  throw new NexusError(
    'VALIDATION_ERROR',
    'Invalid request parameters',
    result.error.issues.flatMap(detailsOf),
  )
}

function detailsOf(issue: z.core.$ZodIssue): ErrorDetail[] {
  const field = issue.path.slice(1).join('.')
  if (issue.code !== 'unrecognized_keys') return [{ field: field || 'body', message: issue.message }]
  return issue.keys.map((key) => ({ field: key, message: 'There is no such parameter' }))
}

/** Browsers that are refused go on as well, to where somebody reads why. */
const led =
  ({ refused }: NonNullable<Route['leads']>) =>
  (error: unknown): Answered => {
    if (!(error instanceof NexusError)) throw error
    return { data: null, headers: {}, location: refused(error) }
  }

/** Puts rows on the server. Throws when one of them does not fit the graph. */
export function mount(app: FastifyInstance, graph: Graph, rows: readonly Route[]) {
  for (const row of rows) {
    const ask = compile(graph, row)
    app.route({
      method: row.method,
      url: row.path,
      config: { open: row.open === true },
      handler: async (request, reply) => {
        const asked = (async () => ask(request, read(row, request)))()
        const { data, headers, location } = await (row.leads ? asked.catch(led(row.leads)) : asked)
        if (location !== undefined)
          return reply.code(302).headers(headers).header('location', location).send()
        const answer = { success: true, data, meta: meta(request) }
        return reply
          .code(row.status ?? 200)
          .headers(headers)
          .send(answer)
      },
    })
  }
}

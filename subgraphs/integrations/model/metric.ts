/** Metrics belong to the subgraph whose rows they count: here they are asked for under one name. */
import { type Context, callPeer } from '#kit/context.ts'
import { invalid, notFound } from '#kit/errors.ts'
import type { Linked, Measured, MetricDefinition, Period } from '#kit/metric/definition.ts'
import { allowed, may, type Permission } from '#kit/viewer.ts'

export type Defined = Pick<MetricDefinition, 'name' | 'description' | 'unit' | 'time'> & {
  list: string
  groups: string[]
}
export type Question = {
  name: string
  filter?: unknown
  groupBy?: string | null | undefined
  period?: Period | null | undefined
  compareTo?: Period | null | undefined
}
export type Previous = Linked & Pick<Measured, 'series'>
export type Answered = Measured & { previous: Previous | null }

type Asking = Pick<Context<unknown>, 'transports' | 'sign' | 'viewer' | 'requestId'>
type Room = { subgraph: string; noun: string; permission: Permission }

/** By how the names of their metrics begin. */
const rooms: Readonly<Record<string, Room>> = {
  alerts: { subgraph: 'alerts', noun: 'alert', permission: 'alerts:read' },
  vulnerabilities: { subgraph: 'vulns', noun: 'vulnerability', permission: 'vulnerabilities:read' },
  assets: { subgraph: 'assets', noun: 'asset', permission: 'assets:read' },
  connectors: { subgraph: 'integrations', noun: 'connector', permission: 'integrations:read' },
}

/** The metrics that the viewer may read. */
export async function defined(context: Asking): Promise<Defined[]> {
  const theirs = Object.values(rooms).filter(({ permission }) => may(context.viewer, permission))
  const told = await Promise.all(
    theirs.map(async ({ subgraph, noun }) => {
      const answer = await callPeer<Record<string, Defined[]>>(context, subgraph, `{ ${noun}Metrics }`, {})
      return answer[`${noun}Metrics`]!
    }),
  )
  return told.flat()
}

/** Throws NOT_FOUND, FORBIDDEN, VALIDATION_ERROR and SERVICE_UNAVAILABLE. */
export async function measured(context: Asking, of: Question): Promise<Answered> {
  const { name, filter, groupBy, period, compareTo } = of
  const room = Object.hasOwn(rooms, name.split('.')[0]!) ? rooms[name.split('.')[0]!] : undefined
  if (!room) throw notFound('Metric')
  allowed(context.viewer, room.permission)
  if (compareTo && !period) throw invalid('compareTo', 'Say by period what is compared')
  const ask = async (question: Omit<Question, 'name' | 'compareTo'>) => {
    const answer = await callPeer<Record<string, Measured>>(
      context,
      room.subgraph,
      `query ($name: String!, $question: JSON!) { ${room.noun}Metric(name: $name, question: $question) }`,
      { name, question },
    )
    return answer[`${room.noun}Metric`]!
  }
  const [now, previous] = await Promise.all([
    ask({ filter, groupBy, period }),
    compareTo ? ask({ filter, period: compareTo, groupBy: groupBy === 'day' ? groupBy : null }) : null,
  ])
  return { ...now, previous }
}

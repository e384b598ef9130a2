import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner'
import { GraphQLError } from 'graphql'
import { get } from '../compile/own.ts'
import { type Path, pathOf } from '../compile/path.ts'
import { type Ask, type Call, callOf, type Surroundings } from './fetch.ts'
import { copied } from './merge.ts'
import type { Step } from './run.ts'

const refused = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })

/**
 * Compiles a plan into one function, to be run often. Of a subscription's plan it is what each event needs.
 * Throws GraphQLError for a plan with @defer or @fromContext.
 */
export function stepOf(plan: QueryPlan, surroundings: Surroundings): Step {
  const calls: Call[] = []
  const fetch = (node: FetchNode, path: Path, ask?: Ask): Step => {
    if (node.contextRewrites?.length) throw refused('This gateway does not offer @fromContext')
    const call = callOf(node, path, surroundings, ask)
    calls.push(call)
    return call.step
  }
  const compile = (node: PlanNode, path: Path): Step => {
    switch (node.kind) {
      case 'Fetch':
        return fetch(node, path)
      case 'Flatten':
        return compile(node.node, [...path, ...pathOf(node.path)])
      case 'Sequence':
        return inTurn(node.nodes.map((of) => compile(of, path)))
      case 'Parallel':
        return atOnce(node.nodes.map((of) => compile(of, path)))
      case 'Condition': {
        const name = surroundings.toClient(node.condition)
        const then = node.ifClause && compile(node.ifClause, path)
        const otherwise = node.elseClause && compile(node.elseClause, path)
        return (run) => (get(run.variables, name) === true ? then : otherwise)?.(run)
      }
      case 'Defer':
        throw refused('This gateway does not offer @defer')
    }
  }
  const { node } = plan
  if (!node) return () => undefined
  let step: Step
  if (node.kind === 'Subscription') {
    const { primary, rest } = node
    const told = fetch(primary, [], async ({ event = {} }) => ({
      ...event,
      data: copied(event.data, calls[0]!.branches) as typeof event.data,
    }))
    step = rest ? inTurn([told, compile(rest, [])]) : told
  } else step = compile(node, [])
  for (const call of calls) call.changed = calls.some((other) => other !== call && mayChange(other, call))
  return step
}

const inTurn =
  (steps: readonly Step[]): Step =>
  async (run) => {
    for (const step of steps) await step(run)
  }

const atOnce =
  (steps: readonly Step[]): Step =>
  (run) =>
    Promise.all(steps.map((step) => step(run)))

/** Whether one call adds to objects inside of what the other one fetched. */
function mayChange(one: Call, { path, branches }: Call): boolean {
  const isBelow = path.every(({ into }, index) => one.path[index]?.into === into)
  if (!isBelow) return false
  const next = one.path.slice(path.length).find(({ into }) => into !== null && into !== '')?.into
  if (next) return Boolean(branches.at.get(next)?.of)
  return one.branches.list.some(({ key, of }) => of && branches.at.get(key)?.of)
}

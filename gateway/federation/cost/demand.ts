import {
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { CostDirectives } from './directives.ts'
import { estimateOf } from './estimate.ts'
import { amountOf, type Formula, type Values } from './formula.ts'

export type Cost = { estimated: number; max: number }
/** `exceeded` goes on: it costs too much where costs are only measured. */
export type CostOutcome = 'allowed' | 'refused' | 'exceeded'
export type CostOptions = {
  /** Whether operations that are estimated to cost too much are refused, or only told of. */
  mode: 'measure' | 'enforce'
  /** The most that one operation may cost for whom it is asked. */
  maxCostOf(context: unknown): number
  /** Items of a list of which nobody says how long it is; 10 unless said. */
  listSize?: number
  /** Told of every estimate, and whether the operation goes on. */
  onEstimate?(cost: Cost, outcome: CostOutcome, context: unknown): void
  /** Whether an answer tells what it was estimated to cost, in `extensions.cost`. */
  expose?(context: unknown): boolean
}
/**
 * The cost of an operation of a valid document. Throws GraphQLError COST_ESTIMATED_TOO_EXPENSIVE, with the cost in
 * its extensions, where it is refused, and BAD_USER_INPUT where its lists are not sliced as they must be.
 * @param values the coerced variables
 */
export type Demand = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  values: Values,
  context: unknown,
) => Cost

const defaultListSize = 10

/** Estimates operations before anybody is asked; the formula of each is made once and lives with its document. */
export function createDemand(
  schema: GraphQLSchema,
  directives: CostDirectives,
  options: CostOptions,
): Demand {
  const known = new WeakMap<OperationDefinitionNode, Formula>()
  const isEnforced = options.mode === 'enforce'
  const estimating = {
    schema,
    directives,
    listSize: options.listSize ?? defaultListSize,
    strict: isEnforced,
  }
  return (operation, fragments, values, context) => {
    let formula = known.get(operation)
    if (formula === undefined) {
      formula = estimateOf(estimating, operation, fragments)
      known.set(operation, formula)
    }
    const cost = { estimated: amountOf(formula, values), max: options.maxCostOf(context) }
    const isTooMuch = cost.estimated > cost.max
    const outcome: CostOutcome = !isTooMuch ? 'allowed' : isEnforced ? 'refused' : 'exceeded'
    options.onEstimate?.(cost, outcome, context)
    if (outcome === 'refused') throw tooExpensive(cost)
    return cost
  }
}

const tooExpensive = (cost: Cost) =>
  new GraphQLError(
    `This operation is estimated to cost ${cost.estimated}, more than the ${cost.max} allowed; ask for less`,
    { extensions: { code: 'COST_ESTIMATED_TOO_EXPENSIVE', cost, http: { status: 400 } } },
  )

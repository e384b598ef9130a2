import type { PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner'
import { type DocumentNode, type GraphQLSchema, print, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import type { Planning } from '../../federation/planner/planner.ts'

/** How often something occurred, so that a test can say what it has not met. */
export type Tally = { counts: Record<string, number>; count(what: string, isMet?: boolean): void }

export function createTally(...whats: string[]): Tally {
  const counts: Record<string, number> = Object.fromEntries(whats.map((what) => [what, 0]))
  return {
    counts,
    count(what, isMet = true) {
      counts[what] = (counts[what] ?? 0) + Number(isMet)
    },
  }
}

/** What plans are made of. Conditions are decided before planning. */
export const planParts = [
  'Sequence',
  'Parallel',
  'Flatten',
  'Fetch',
  'no node',
  'Flatten on some types',
  'requires',
  'inputRewrites',
  'outputRewrites',
]

/** Planners that count what their plans are made of. */
export const counting = ({ plannerOf, close }: Planning, { count }: Tally): Planning => ({
  close,
  plannerOf(supergraphSdl) {
    const planner = plannerOf(supergraphSdl)
    return {
      ...planner,
      async plan(...of) {
        const plan = await planner.plan(...of)
        countPlan(plan, count)
        return plan
      },
    }
  },
})

function countPlan({ node }: QueryPlan, count: Tally['count']) {
  const walk = (of: PlanNode | SubscriptionNode) => {
    count(of.kind)
    if (of.kind === 'Sequence' || of.kind === 'Parallel') of.nodes.forEach(walk)
    if (of.kind === 'Flatten') {
      count('Flatten on some types', of.path.join().includes('|['))
      walk(of.node)
    }
    if (of.kind === 'Condition') for (const clause of [of.ifClause, of.elseClause]) if (clause) walk(clause)
    if (of.kind === 'Fetch') {
      count('requires', Boolean(of.requires))
      count('inputRewrites', Boolean(of.inputRewrites?.length))
      count('outputRewrites', Boolean(of.outputRewrites?.length))
    }
  }
  if (node) walk(node)
  else count('no node')
}

/** What questions are made of: constructs, and the fields of the graphs of these tests that have them. */
const constructs: Record<string, readonly string[]> = {
  '@requires': ['Product.freight', 'Product.slogan', 'D.loud', 'Media.shelf'],
  '@requires with arguments': ['Product.freight', 'Product.value', 'Media.label', 'Song.label', 'Film.label'],
  '@provides': ['User.friends'],
  '@override': ['Product.old'],
  '@interfaceObject': ['Media.copies', 'Film.copies', 'Book.copies'],
  unions: ['Query.search', 'User.likes', 'Query.twins', 'Query.favourite'],
  'interfaces of values': ['Query.anything'],
  'interfaces of entities': ['Query.media', 'Query.someMedia', 'Film.cast'],
  'composite keys': ['Product.inStock', 'Product.shelf'],
  'nested keys': ['C.d', 'C.count'],
  'several keys': ['B.byCode', 'B.extra'],
  'roots of several subgraphs': ['Query.shared'],
  'values of several subgraphs': ['Shared.right', 'Nested.stockOnly'],
  enums: ['Part.kind', 'Size.unit'],
  'lists of lists': ['Product.grid', 'Query.shelves', 'Shelf.rows', 'D.depth'],
  'the product': ['Alert.asset', 'Asset.alerts', 'Query.assets', 'Query.vulnerabilities'],
}
const isVariable = /\$v\d/
export const questionParts = [
  ...Object.keys(constructs),
  'aliases',
  'names of prototypes',
  'variables',
  'a variable named representations',
  'conditions',
  'inline fragments',
  'fragments with names',
  'types',
  'mutations',
]

export function countQuestion(document: DocumentNode, schema: GraphQLSchema, { count }: Tally): void {
  const types = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name, alias }) {
        const field = `${types.getParentType()?.name}.${name.value}`
        for (const [construct, fields] of Object.entries(constructs)) count(construct, fields.includes(field))
        count('aliases', Boolean(alias))
        count('names of prototypes', alias?.value === '__proto__' || alias?.value === 'constructor')
        count('types', name.value === '__typename')
      },
      Directive: () => count('conditions'),
      InlineFragment: () => count('inline fragments'),
      FragmentSpread: () => count('fragments with names'),
      OperationDefinition: ({ operation }) => count('mutations', operation === 'mutation'),
      VariableDefinition: ({ variable }) => {
        count('variables', isVariable.test(print(variable)))
        count('a variable named representations', variable.name.value === 'representations')
      },
    }),
  )
}

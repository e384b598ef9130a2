/** Checks that REST says of who may ask what the graph holds to. */
import { type GraphQLSchema, Kind, type OperationDefinitionNode, parse } from 'graphql'
import type { Demand } from '#kit/demand.ts'
import { demandsOf } from '#kit/guard.ts'
import { readRegister } from '#kit/register.ts'
import { startImport } from '../gateway/rest/integrations.ts'
import { downloadReport } from '../gateway/rest/reports.ts'
import type { Route } from '../gateway/rest/route.ts'
import { routes } from '../gateway/rest/routes.ts'
import { vex } from '../gateway/rest/vex.ts'
import { loadSubgraph } from '../subgraphs/load.ts'

/** The rules of all root fields of all subgraphs. Throws where one is missing. */
export async function allDemands(): Promise<Map<string, Demand>> {
  const subgraphs = await Promise.all(readRegister({}).map(loadSubgraph))
  return new Map(subgraphs.flatMap(({ schema }) => [...demandsOf(schema)]))
}

export const allRoutes = (api: GraphQLSchema): Route[] => [
  ...routes(api),
  ...vex(api),
  startImport,
  downloadReport,
]

/** What is wrong with a row, or null. */
export function contradiction(row: Route, demands: ReadonlyMap<string, Demand>): string | null {
  const asked = rootFieldsOf(row.operation).map((name) => demands.get(name))
  const said = row.open ? ['open'] : [row.needs].flat().toSorted()
  const held = [...new Set(asked.flatMap((demand) => (demand ? wordsOf(demand) : ['nobody'])))].toSorted()
  if (said.join() === held.join()) return null
  return `${row.method} ${row.path} says ${said.join(', ')}, and the graph ${held.join(', ')}`
}

/** A field that asks for several permissions asks for each. */
function wordsOf({ open, permissions, signedIn }: Demand): readonly string[] {
  if (open !== null) return ['open']
  return permissions.length > 0 ? permissions : [signedIn ? 'signedIn' : 'nobody']
}

function rootFieldsOf(operation: string): string[] {
  const [definition] = parse(operation).definitions as readonly OperationDefinitionNode[]
  const { operation: kind, selectionSet } = definition!
  const root = `${kind[0]!.toUpperCase()}${kind.slice(1)}`
  return selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [`${root}.${selection.name.value}`] : [],
  )
}

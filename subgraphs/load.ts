import { type Registered, readRegister } from '#kit/register.ts'
import type { Subgraph } from '#kit/subgraph.ts'

/** The subgraph of a name in the register. Throws when the register names one that is not there. */
export async function loadSubgraph({ name }: Pick<Registered, 'name'>): Promise<Subgraph> {
  const module = (await import(`./${name}/index.ts`)) as Record<string, Subgraph | undefined>
  const subgraph = module[name]
  if (!subgraph) throw new Error(`subgraphs/${name}/index.ts exports no ${name}`)
  return subgraph
}

/** All subgraphs of the register, in its order. */
export const loadSubgraphs = (): Promise<Subgraph[]> => Promise.all(readRegister().map(loadSubgraph))

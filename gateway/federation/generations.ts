import type { GraphQLSchema } from 'graphql'
import { createGeneration, type Generation, type GenerationOptions } from './generation.ts'
import { createHeld } from './held.ts'
import type { Loaded, OpenPlanner, Planning } from './planner/planner.ts'
import { loadSupergraph } from './planner/supergraph.ts'
import type { Source, Sources } from './source.ts'

/** A generation that is asked, and the way to its subgraphs. */
export type Serving = {
  readonly generation: Generation
  readonly sources: Sources
  /** Says that it is in use, until the returned function is called: once it is replaced, it ends with the last use. */
  enter(): () => void
}
export type Generations = {
  readonly current: Serving
  /** The one that has this schema, also when it has been replaced; else the current one. */
  of(schema: GraphQLSchema | undefined): Serving
  /**
   * Puts another supergraph in the place of the current one, in the order of the calls. Rejects when it does not
   * load, its subgraphs cannot be reached or `check` throws: nothing has changed then.
   */
  replace(supergraphSdl: string): Promise<void>
  /** Starts what plans, before anybody asks. */
  warm(): void
  /** Listeners are told of each that takes the place of another, and do not throw. */
  onReplaced(listener: (serving: Serving) => void): () => void
}
export type GenerationsOptions = GenerationOptions & {
  planning: Planning
  sourceFor(name: string, url: string): Source
  /** Throws when the house cannot do with what clients would see. */
  check?(schema: GraphQLSchema): void
}

/** The supergraph that is asked, and those before it that are still in use. Throws when the first does not load. */
export function createGenerations(supergraphSdl: string, options: GenerationsOptions): Generations {
  const { planning, check } = options
  const held = createHeld(options.sourceFor)
  const known = new WeakMap<GraphQLSchema, Serving>()
  const listeners = new Set<(serving: Serving) => void>()

  const serve = (loaded: Loaded, planner: OpenPlanner) => {
    const generation = createGeneration(loaded, planner.plan, options)
    check?.(generation.schema)
    const { sources, release } = held.hold(loaded.subgraphs)
    let users = 1
    const leave = () => {
      if (--users > 0) return
      planner.close()
      release()
    }
    const serving: Serving = {
      generation,
      sources,
      enter() {
        users++
        return once(leave)
      },
    }
    known.set(generation.schema, serving)
    return { serving, retire: once(leave) }
  }
  // The first is loaded here: nobody is asked before, and who starts is told at once.
  const first = planning.plannerOf(supergraphSdl)
  let { serving: current, retire } = serve(loadSupergraph(supergraphSdl), first)
  let last: Promise<unknown> = Promise.resolve()

  const loaded = async (sdl: string) => {
    const planner = planning.plannerOf(sdl)
    try {
      return serve(await planner.load(), planner)
    } catch (error) {
      planner.close()
      throw error
    }
  }
  const replaced = async (sdl: string) => {
    const next = await loaded(sdl)
    const retireLast = retire
    current = next.serving
    retire = next.retire
    for (const listener of listeners) listener(current)
    retireLast()
  }
  return {
    get current() {
      return current
    },
    of: (schema) => (schema && known.get(schema)) ?? current,
    replace(sdl) {
      const mine = last.then(() => replaced(sdl))
      last = mine.catch(() => {})
      return mine
    },
    // Who asks is told what is wrong with it.
    warm: () => void first.load().catch(() => {}),
    onReplaced(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    work()
  }
}

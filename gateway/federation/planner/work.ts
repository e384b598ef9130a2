/** What a planning process runs: it does one task at a time, and is ended from outside when that takes too long. */
import { GraphQLError, parse } from 'graphql'
import { type ApolloPlanner, apolloPlanner } from './apollo.ts'
import type { Answer, Asked, Task } from './tasks.ts'

const supergraphs = new Map<number, ApolloPlanner>()

function done(task: Asked): string {
  if (task.kind === 'load') {
    const planner = apolloPlanner(task.supergraphSdl)
    supergraphs.set(task.supergraph, planner)
    return JSON.stringify(planner.loaded)
  }
  const document = parse(task.text, { noLocation: true })
  return JSON.stringify(supergraphs.get(task.supergraph)!.plan(document, task.operationName))
}

function answer(task: Asked): Answer {
  try {
    return { json: done(task) }
  } catch (error) {
    const { message } = error as Error
    return error instanceof GraphQLError
      ? { refusal: { message, extensions: { code: error.extensions.code } } }
      : { failure: message }
  }
}

process.on('message', (task: Task) => {
  if (task.kind === 'forget') supergraphs.delete(task.supergraph)
  else process.send!(answer(task))
})
// It ends with who started it, and not before: a signal to the group reaches it, too.
process.on('disconnect', () => process.exit())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

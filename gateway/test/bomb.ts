import { press } from './differential/graphs.ts'
import { compose } from './toy.ts'

/**
 * A graph on which Apollo's planner takes ten seconds and more for one small operation: a third subgraph leads to
 * an interface that is an object elsewhere, and whose fields require others.
 */
export const pressGraph = () =>
  compose(
    Object.entries({
      desk: `${press.desk} type Subscription { filed: Media }`,
      archive: press.archive!,
      fans: `type Query { favourites: [Media!] }
        type Media @interfaceObject @key(fields: "id") { id: ID! fans: Int }`,
    }).map(([name, sdl]) => ({ name, sdl, resolvers: {} })),
  )

export const bomb = `{ favourites { label shelf fans title
  ... on Book { isbn label } ... on Film { cast { label shelf fans } } } }`

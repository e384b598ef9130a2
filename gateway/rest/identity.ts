import type { GraphQLSchema } from 'graphql'
import { list, type Noun, one } from './list.ts'
import type { Route } from './route.ts'

const user: Noun = {
  type: 'User',
  one: 'user',
  many: 'users',
  item: 'id organization { id } email name role lastLoginAt createdAt updatedAt',
  filters: ['role', 'search'],
}
const organization: Noun = {
  type: 'Organization',
  one: 'organization',
  many: 'organizations',
  item: 'id name slug createdAt updatedAt',
  filters: ['search'],
}

export const identity = (graph: GraphQLSchema): Route[] => [
  list(graph, user, '/users'),
  one(user, '/users/:id'),
  list(graph, organization, '/organizations'),
  one(organization, '/organizations/:id'),
]

import { z } from 'zod'
import { type Fields, type Route, route } from './route.ts'

const params = z.object({ id: z.string() })

/** What is kept of people, and how it is forgotten. */
export const people = (): Route[] => [
  route({
    method: 'GET',
    path: '/users/:id/export',
    needs: 'signedIn',
    operation: `query ExportPerson($userId: ID!) { exportPerson(userId: $userId) { userId records exportedAt } }`,
    params,
    variables: ({ params: { id } }) => ({ userId: id }),
    data: ({ exportPerson }) => exportPerson,
  }),
  route({
    method: 'POST',
    path: '/users/:id/erase',
    needs: 'users:write',
    operation: `mutation ErasePerson($input: ErasePersonInput!) {
      erasePerson(input: $input) { user { id email name role disabledAt version updatedAt } }
    }`,
    params,
    variables: ({ params: { id } }) => ({ input: { userId: id } }),
    data: ({ erasePerson }) => (erasePerson as Fields).user,
  }),
]

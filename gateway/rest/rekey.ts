import { z } from 'zod'
import { type Fields, type Route, route } from './route.ts'

/** A new key for what an organization keeps sealed. */
export const rekey = (): Route[] => [
  route({
    method: 'POST',
    path: '/organizations/:id/rekey',
    needs: 'organization:write',
    status: 202,
    operation: `mutation RekeyOrganization($input: RekeyOrganizationInput!) {
      rekeyOrganization(input: $input) { operation { id kind status done total createdAt } }
    }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: ({ rekeyOrganization }) => (rekeyOrganization as Fields).operation,
    headers: ({ rekeyOrganization }) => {
      const { operation } = rekeyOrganization as { operation: Fields }
      return { location: `/api/v1/operations/${operation.id}` }
    },
  }),
]

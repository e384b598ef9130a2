import { z } from 'zod'
import { type Fields, type Route, route } from './route.ts'

/** What a connector shows its system: given and taken away, and never answered. */
export function credentials(): Route[] {
  const row = {
    path: '/integrations/connectors/:id/credentials',
    needs: 'integrations:write' as const,
    operation: `mutation SetConnectorCredentials($input: SetConnectorCredentialsInput!) {
      setConnectorCredentials(input: $input) { connector { id name kind status hasCredentials credentialsHint updatedAt } }
    }`,
    params: z.object({ id: z.string() }),
    data: ({ setConnectorCredentials }: Fields) => (setConnectorCredentials as Fields).connector,
  }
  return [
    route({
      ...row,
      method: 'PUT',
      body: z.strictObject({ credentials: z.string('Must be given') }),
      variables: ({ params: { id }, body: { credentials } }) => ({ input: { id, credentials } }),
    }),
    route({
      ...row,
      method: 'DELETE',
      variables: ({ params: { id } }) => ({ input: { id, credentials: null } }),
    }),
  ]
}

import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Trx } from '#kit/database.ts'
import { invalid, notFound } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import type { Sealing } from '#kit/sealing/sealing.ts'
import { hintOf } from '../rules.ts'
import type { ConnectorRow, Tables } from '../tables.ts'
import * as connectors from './connector.ts'

const longest = 16_384

const placeOf = ({ organizationId, id }: Pick<ConnectorRow, 'organizationId' | 'id'>) => ({
  organizationId,
  table: 'integrations.connectors',
  column: 'credentials_sealed',
  row: id,
})

/** What the journal may know of it. */
const told = ({ credentialsSealed, credentialsHint, ...connector }: ConnectorRow) => ({
  ...connector,
  given: credentialsSealed !== null,
})

/**
 * Gives a connector what it shows its system, or takes it away. Nobody is told it again. Throws NOT_FOUND, and
 * VALIDATION_ERROR for what is empty or too long.
 */
export async function give(
  trx: Trx<Tables>,
  sealing: Sealing,
  id: string,
  credentials: string | null,
): Promise<ConnectorRow> {
  if (credentials !== null && !(credentials.length > 0 && credentials.length <= longest))
    throw invalid('credentials', `From 1 to ${longest} characters`)
  const [connector] = isId(id) ? await connectors.find(trx, [id]) : []
  if (!connector) throw notFound('Connector')
  const given =
    credentials === null
      ? { credentialsSealed: null, credentialsHint: null }
      : {
          credentialsSealed: await sealing.seal(trx, placeOf(connector), credentials),
          credentialsHint: hintOf(credentials),
        }
  const after = await trx
    .updateTable('connectors')
    .set({ ...given, updatedAt: sql<Date>`now()` })
    .where('id', '=', connector.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Connector', id: after.id, before: told(connector), after: told(after) })
  return after
}

/** What a connector shows its system; null where it was given nothing. */
export const read = async (
  trx: Trx<Tables>,
  sealing: Sealing,
  connector: ConnectorRow,
): Promise<string | null> =>
  connector.credentialsSealed === null
    ? null
    : sealing.open(trx, placeOf(connector), connector.credentialsSealed)

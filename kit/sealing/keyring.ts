import { type QueryExecutorProvider, sql } from 'kysely'
import type { Migrations } from '../migration.ts'
import { tenantPolicy } from '../tenancy.ts'

/** The schema that all subgraphs with sealed columns share. */
export const keyringSchema = 'keyring'
/** The organization of what belongs to none: the secrets of accounts. */
export const platform = '00000000-0000-0000-0000-000000000000'

export const keyStates = ['active', 'retired'] as const
export type DataKeyRow = {
  organizationId: string
  version: number
  /** The key, wrapped by a master key. */
  wrapped: string
  master: string
  state: (typeof keyStates)[number]
  /** How many values it may have sealed: processes take these in blocks. */
  used: number
  createdAt: Date
}

export const keyringMigrations: Migrations = {
  '0001-init': {
    async up(db) {
      await sql`
        create table keyring.data_keys (
          organization_id uuid not null,
          version integer not null check (version > 0),
          wrapped text not null,
          master varchar(500) not null,
          state varchar(20) not null default 'active' check (state in ('active', 'retired')),
          used bigint not null default 0,
          created_at timestamptz(3) not null default now(),
          primary key (organization_id, version)
        );
        create unique index on keyring.data_keys (organization_id) where state = 'active';
      `.execute(db)
      await tenantPolicy(db, keyringSchema, 'data_keys')
      // Accounts belong to no organization, and are at work in transactions of one, of themselves, or of nobody.
      await sql`
        create policy platform on keyring.data_keys
          using (organization_id = '00000000-0000-0000-0000-000000000000'
            and (select current_setting('nexus.keyring', true)) = 'platform');
        create policy owner on keyring.data_keys for select to current_user using (true);
      `.execute(db)
    },
  },
}

const columns = sql`organization_id as "organizationId", version, wrapped, master, state, used,
  created_at as "createdAt"`

/** Lets the transaction see the keys of accounts, beside its tenant's. */
export async function reachPlatform(trx: QueryExecutorProvider): Promise<void> {
  await sql`select set_config('nexus.keyring', 'platform', true)`.execute(trx)
}

/**
 * The key that seals now. It stays the one until the transaction ends: whoever replaces it waits, so that what it
 * has sealed can be seen by then.
 */
export async function active(trx: QueryExecutorProvider, organizationId: string): Promise<DataKeyRow | null> {
  const { rows } = await sql<DataKeyRow>`select ${columns} from keyring.data_keys
    where organization_id = ${organizationId} and state = 'active' for key share`.execute(trx)
  return rows[0] ?? null
}

export async function find(
  trx: QueryExecutorProvider,
  organizationId: string,
  version: number,
): Promise<DataKeyRow | null> {
  const { rows } = await sql<DataKeyRow>`select ${columns} from keyring.data_keys
    where organization_id = ${organizationId} and version = ${version}`.execute(trx)
  return rows[0] ?? null
}

/** Takes numbers of uses, and answers how many are taken then. */
export async function reserve(trx: QueryExecutorProvider, of: DataKeyRow, block: number): Promise<number> {
  const { rows } = await sql<{ used: number }>`update keyring.data_keys set used = used + ${block}
    where organization_id = ${of.organizationId} and version = ${of.version} returning used`.execute(trx)
  return rows[0]!.used
}

type NewKey = Pick<DataKeyRow, 'organizationId' | 'version' | 'wrapped' | 'master'>

/** Adds a key, unless another transaction has been faster. */
export async function add(trx: QueryExecutorProvider, key: NewKey): Promise<void> {
  await sql`insert into keyring.data_keys (organization_id, version, wrapped, master)
    values (${key.organizationId}, ${key.version}, ${key.wrapped}, ${key.master})
    on conflict do nothing`.execute(trx)
}

/** The key that seals now, once nobody else is sealing by it. */
export async function seized(trx: QueryExecutorProvider, organizationId: string): Promise<DataKeyRow | null> {
  const { rows } = await sql<DataKeyRow>`select ${columns} from keyring.data_keys
    where organization_id = ${organizationId} and state = 'active' for update`.execute(trx)
  return rows[0] ?? null
}

/** Ends the time of a key, which goes on opening. False when another transaction has been faster. */
export async function retire(
  trx: QueryExecutorProvider,
  { organizationId, version }: DataKeyRow,
): Promise<boolean> {
  const { numAffectedRows } = await sql`update keyring.data_keys set state = 'retired'
    where organization_id = ${organizationId} and version = ${version} and state = 'active'`.execute(trx)
  return !!numAffectedRows
}

/** Puts a key under another master key. */
export async function rewrap(
  trx: QueryExecutorProvider,
  { organizationId, version, wrapped }: DataKeyRow,
  to: Pick<DataKeyRow, 'wrapped' | 'master'>,
): Promise<void> {
  await sql`update keyring.data_keys set wrapped = ${to.wrapped}, master = ${to.master}
    where organization_id = ${organizationId} and version = ${version} and wrapped = ${wrapped}`.execute(trx)
}

/** The keys that another master key wrapped, of all organizations: for the owner of the schema. */
export async function wrappedByOthers(db: QueryExecutorProvider, master: string): Promise<DataKeyRow[]> {
  const { rows } = await sql<DataKeyRow>`select ${columns} from keyring.data_keys
    where master <> ${master} order by organization_id, version`.execute(db)
  return rows
}

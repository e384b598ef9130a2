import { type RawBuilder, sql } from 'kysely'
import type { createBuilder } from './builder.ts'
import type { Context } from './context.ts'
import type { Trx } from './database.ts'

/** Where a subgraph keeps something of people: what an export shows, and an erasure takes away. */
export type PersonalTable = {
  /** With its schema. */
  table: string
  /** The columns that name the person: by the id of the user, or by their e-mail. */
  person: readonly string[]
  by?: 'user' | 'email'
  shows: readonly string[]
  /** What is put in the place of personal values. What names a person by an id stays: it says nothing any more. */
  erased?: Readonly<Record<string, RawBuilder<unknown>>>
}

export type Person = { userId: string; email: string }
/** What a table holds of a person. */
export type Records = { table: string; rows: unknown[] }

const nameOf = (table: string) => sql.id(...(table.split('.') as [string, ...string[]]))
const isOf = ({ person, by = 'user' }: PersonalTable, { userId, email }: Person) => {
  const value = by === 'user' ? sql`${userId}::uuid` : sql`${email}`
  return sql.join(
    person.map((column) => sql`${sql.id(column)} = ${value}`),
    sql` or `,
  )
}

/** Everything that these tables hold of a person, in the organization of the transaction. */
export async function recordsOf<Tables>(
  trx: Trx<Tables>,
  tables: readonly PersonalTable[],
  person: Person,
): Promise<Records[]> {
  const found: Records[] = []
  for (const each of tables) {
    const columns = sql.join(each.shows.map((column) => sql.id(column)))
    const query = sql<{ row: unknown }>`select to_jsonb(found) as row
      from (select ${columns} from ${nameOf(each.table)} where ${isOf(each, person)}) found`
    found.push({ table: each.table, rows: (await query.execute(trx)).rows.map(({ row }) => row) })
  }
  return found
}

/** Puts something else in the place of what these tables hold of a person. */
export async function eraseRecords<Tables>(
  trx: Trx<Tables>,
  tables: readonly PersonalTable[],
  person: Person,
): Promise<void> {
  for (const each of tables) {
    if (!each.erased) continue
    const changes = Object.entries(each.erased).map(([column, value]) => sql`${sql.id(column)} = ${value}`)
    await sql`update ${nameOf(each.table)} set ${sql.join(changes)} where ${isOf(each, person)}`.execute(trx)
  }
}

export const personField = (subgraph: string): string =>
  `personIn${subgraph[0]!.toUpperCase()}${subgraph.slice(1)}`

/** Lets identity, and nobody else, ask a subgraph what it holds of a person. */
export function addPersonField<Tables>(
  builder: ReturnType<typeof createBuilder<Tables>>,
  subgraph: string,
  tables: readonly PersonalTable[],
): void {
  builder.queryField(personField(subgraph), (t) =>
    t.field({
      type: 'JSON',
      inaccessible: true,
      description: 'What this subgraph holds of a person. For identity only.',
      authScopes: { $all: { peer: 'identity', signedIn: true } },
      args: { userId: t.arg.id({ required: true }), email: t.arg.string({ required: true }) },
      resolve: (_root, person, context: Context<Tables>) =>
        context.tenant((trx) => recordsOf(trx, tables, person)),
    }),
  )
}

/** The database's owner, for tests that let time pass or look where no door leads. */
import pg from 'pg'
import type { TestHouse } from '../test-house.ts'

export type Owner = {
  query(text: string, values?: unknown[]): Promise<pg.QueryResult>
  /** Everything about sessions happened so much earlier. */
  wait(seconds: number): Promise<void>
  close(): Promise<void>
}
type Of = Pick<TestHouse, 'databaseUrl'> & Partial<Pick<TestHouse, 'closing'>>

/** @param house before whose end the connection ends, where it has not ended yet */
export async function openOwner({ databaseUrl, closing }: Of): Promise<Owner> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  closing?.(() => client.end())
  return {
    query: (text, values) => client.query(text, values),
    async wait(seconds) {
      await client.query(`
        begin;
        update identity.sessions set created_at = created_at - interval '${seconds} s',
          rotated_at = rotated_at - interval '${seconds} s', proved_at = proved_at - interval '${seconds} s', last_used_at = last_used_at - interval '${seconds} s',
          expires_at = expires_at - interval '${seconds} s';
        update identity.refresh_tokens set used_at = used_at - interval '${seconds} s';
        commit`)
    },
    close: () => client.end(),
  }
}

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { openDatabase } from '../database.ts'
import { startPostgres } from '../embedded.ts'
import { createLog } from '../log.ts'

test('a connection that is ended while its transaction asks nothing fails that alone', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'nexus-database-'))
  const postgres = await startPostgres({ dataDir, durable: false })
  const owner = new pg.Client({ connectionString: postgres.url })
  await owner.connect()
  const db = openDatabase<never>({
    url: postgres.url,
    schema: 'public',
    log: createLog('test', 'silent'),
    connections: 1,
  })
  t.after(async () => {
    await db.destroy()
    await owner.end()
    await postgres.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const one = sql<{ pid: number }>`select pg_backend_pid() as pid`
  const ended = db.transaction().execute(async (trx) => {
    const { rows } = await one.execute(trx)
    const { pid } = rows[0]!
    await owner.query('select pg_terminate_backend($1)', [pid])
    const isGone = async () =>
      (await owner.query('select 1 from pg_stat_activity where pid = $1', [pid])).rowCount === 0
    while (!(await isGone()));
    await one.execute(trx)
  })
  await assert.rejects(ended)
  assert.equal((await one.execute(db)).rows.length, 1, 'the next one has a connection of its own')
})

import pg from 'pg'
import { urlAs } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import { leaksIn } from './canary.ts'
import { ours, type Relation } from './catalogue.ts'
import type { Ledger } from './ledger.ts'
import type { Scratch } from './scratch.ts'
import type { Row } from './values.ts'

const kind = 'tables'
const nobody = newId()

type Code = { code: string; constraint: string; rows: Row[]; count: number }
type Session = (text: string, values?: unknown[]) => Promise<Code>

/** Statements of one transaction that is rolled back, each of which may fail by itself. */
async function tried(
  client: pg.Client,
  settings: Record<string, string>,
  work: (session: Session) => Promise<void>,
) {
  await client.query('begin')
  for (const [name, value] of Object.entries(settings))
    await client.query('select set_config($1, $2, true)', [name, value])
  const session: Session = async (text, values) => {
    await client.query('savepoint attack')
    try {
      const { rows, rowCount } = await client.query(text, values)
      return { code: '', constraint: '', rows, count: rowCount ?? 0 }
    } catch (error) {
      const { code = 'unknown', constraint = '' } = error as pg.DatabaseError
      return { code, constraint, rows: [], count: 0 }
    } finally {
      await client.query('rollback to savepoint attack')
    }
  }
  await work(session).finally(() => client.query('rollback'))
}

const copied = (relation: Relation, row: Row): Row =>
  Object.fromEntries(
    relation.columns.filter(({ isGenerated }) => !isGenerated).map(({ name }) => [name, row[name] ?? null]),
  )

function insertion({ name }: Relation, row: Row): [string, unknown[]] {
  const columns = Object.keys(row)
    .map((column) => `"${column}"`)
    .join(', ')
  return [
    `insert into ${name} (${columns}) select ${columns} from jsonb_populate_record(null::${name}, $1)`,
    [JSON.stringify(row)],
  ]
}

/**
 * With the ids by which it points to rows of a tenant replaced by such as nobody has, in the same order: what a table
 * asks of ids among each other it may ask of these.
 */
function unrelated(relation: Relation, row: Row, relations: readonly Relation[]): Row {
  const isTenants = (target: string) =>
    relations.some(({ name, tenant }) => name === target && tenant !== null)
  const columns = relation.foreignKeys
    .filter(({ target }) => isTenants(target))
    .flatMap((key) => key.columns)
    .filter((name) => name !== relation.tenant && row[name] !== null)
  const known = [...new Set(columns.map((name) => String(row[name])))].sort()
  const fresh = known.map(() => newId()).sort()
  return {
    ...row,
    ...Object.fromEntries(columns.map((name) => [name, fresh[known.indexOf(String(row[name]))]])),
  }
}

/** Unique indexes that hold the tenant: what collides in one, collides with a row of one's own. */
async function uniqueWithin({ query }: Scratch): Promise<Set<string>> {
  const rows = await query(`
    select n.nspname || '.' || i.relname as name from pg_index x join pg_class i on i.oid = x.indexrelid
    join pg_namespace n on n.oid = i.relnamespace join pg_attribute a on a.attrelid = x.indrelid and a.attnum = any(x.indkey)
    where ${ours} and x.indisunique and a.attname = 'organization_id'`)
  return new Set(rows.map(({ name }) => String(name)))
}

/** Tables that a role reads for all tenants, because a policy of its own says so. */
async function openPolicies({ query }: Scratch): Promise<Set<string>> {
  const rows = await query(`
    select schemaname || '.' || tablename || ' as ' || unnest(roles) as name from pg_policies
    where permissive = 'PERMISSIVE' and not 'public' = any(roles) and coalesce(qual, with_check) = 'true'`)
  return new Set(rows.map(({ name }) => String(name)))
}

export async function attackTables(scratch: Scratch, ledger: Ledger): Promise<void> {
  const { relations, house, attacker, attackers, victim, named, secrets, query, roles } = scratch
  ledger.open(
    kind,
    'pg_class: tables, views and sequences of every schema',
    relations.map(({ name }) => name),
  )
  const open = await openPolicies(scratch)
  const unique = await uniqueWithin(scratch)
  for (const each of open) ledger.notes.push(`${each}: by policy this role serves all tenants.`)
  const situations: [name: string, settings: Record<string, string>][] = [
    ['as the attacker’s tenant', { 'nexus.organization': attacker.id }],
    ['without a tenant', {}],
    ['with empty settings', { 'nexus.organization': '', 'nexus.account': '', 'nexus.credential': '' }],
    [
      'with settings of nobody',
      { 'nexus.organization': nobody, 'nexus.account': nobody, 'nexus.credential': '00'.repeat(32) },
    ],
  ]
  const leak = (relation: Relation, attack: string, leaked: string[] = []) =>
    ledger.leak(kind, relation.name, attack, leaked)

  const read = async (session: Session, relation: Relation, how: string) => {
    const { rows } = await session(`select * from ${relation.name}`)
    const leaked = leaksIn(JSON.stringify(rows), secrets)
    // What is nobody's may name things of a tenant, and tell nothing of them: a waiting job has ids only.
    const isLeak = relation.tenant ? leaked.length > 0 : leaked.some((place) => !place.endsWith('(id)'))
    if (isLeak) leak(relation, `select ${how}`, leaked)
    if (!relation.tenant) return ledger.control(kind, rows.length)
    if (rows.some((row) => row[relation.tenant!] === victim.id))
      leak(relation, `select ${how}`, [relation.name])
    ledger.control(kind, rows.length)
  }
  const write = async (session: Session, relation: Relation, how: string) => {
    const { tenant, name } = relation
    const mine = `where "${tenant}" = '${victim.id}'`
    for (const [attack, text] of [
      ['update', `update ${name} set "${tenant}" = "${tenant}" ${mine}`],
      ['delete', `delete from ${name} ${mine}`],
      ['lock', `select 1 from ${name} ${mine} for update`],
    ] as const) {
      const { count } = await session(text)
      if (count > 0) leak(relation, `${attack} ${how}`, [`${count} rows`])
    }
    if (!(await session(`truncate ${name}`)).code) leak(relation, `truncate ${how}`)
    const moved = await session(`update ${name} set "${tenant}" = '${victim.id}'`)
    if (moved.count > 0) leak(relation, `moving own rows ${how}`, [`${moved.count} rows`])
    const row = named.get(name)
    if (!row || relation.isPartition) return
    const whole = copied(relation, row)
    const fresh = 'id' in whole && tenant !== 'id' ? { ...whole, id: newId() } : whole
    if (!(await session(...insertion(relation, fresh))).code)
      leak(relation, `inserting for the victim ${how}`)
    if (tenant === 'id' || !how.includes('attacker')) return
    const [own, beside] = [
      { ...whole, [tenant!]: attacker.id },
      { ...unrelated(relation, whole, relations), [tenant!]: attacker.id },
    ]
    const [same, none] = [
      await session(...insertion(relation, own)),
      await session(...insertion(relation, beside)),
    ]
    // An own row that has the same is no news.
    if (same.code === '23505' && !unique.has(`${relation.schema}.${same.constraint}`))
      leak(relation, `a unique value of the victim ${how}`, ['that it is taken'])
    if (same.code !== none.code) leak(relation, `a foreign key to the victim ${how}`, ['that it is there'])
  }

  const { keys } = house.surroundings
  for (const [index, role] of roles.entries()) {
    const client = new pg.Client({ connectionString: urlAs(house.databaseUrl, role, keys.passwordOf(role)) })
    client.on('error', () => {})
    await client.connect()
    const privileged = new Set(
      (
        await query(
          `select name from unnest($2::text[]) name where has_table_privilege($1, name, 'select,insert,update,delete,truncate')`,
          [role, relations.map(({ name }) => name)],
        )
      ).map(({ name }) => name),
    )
    for (const [situation, settings] of attackers.situations(index).map((each) => situations[each]!))
      await tried(client, settings, async (session) => {
        for (const relation of relations) {
          if (open.has(`${relation.name} as ${role}`)) continue
          const isWhole = privileged.has(relation.name)
          // Where there is no privilege at all, one situation shows it as well as four.
          if (!isWhole && situation !== situations[0]![0]) continue
          ledger.attacked(kind, relation.name, relation.kind === 'table' && relation.tenant ? 8 : 1)
          await read(session, relation, `as ${role}, ${situation}`)
          if (relation.kind === 'table' && relation.tenant)
            await write(session, relation, `as ${role}, ${situation}`)
        }
      })
    await client.end()
  }
}

const givenFor = (type: string, ids: string[]) => (type === 'uuid' ? (ids.shift() ?? nobody) : '1')

/** What a function answers a service that asks for an organization, and a member of it, as the attacker's tenant. */
async function answered({ house, attacker }: Scratch, role: string, name: string, ids: string[]) {
  const [, called, types] = /^([^(]+)\((.*)\)$/.exec(name)!
  const left = [...ids]
  const given = types!.split(',').filter(Boolean)
  const values = given.map((type) => `'${givenFor(type, left)}'::${type}`)
  const client = new pg.Client({
    connectionString: urlAs(house.databaseUrl, role, house.surroundings.keys.passwordOf(role)),
  })
  await client.connect()
  // Not rolled back: what it changes of the victim's rows, their checksums show.
  const text = `begin; select set_config('nexus.organization', '${attacker.id}', true); select ${called}(${values.join(', ')}) as told; commit`
  const told = await client.query(text).then(
    (results) => JSON.stringify((results as never as pg.QueryResult[])[2]!.rows),
    (error: pg.DatabaseError) => String(error.code),
  )
  await client.end()
  return told
}

/**
 * Functions that run with the rights of their owner: nobody has them but the services that were given them. One that
 * another schema lends to a service does nothing for a tenant that is not the asking one.
 */
export async function attackFunctions(scratch: Scratch, ledger: Ledger): Promise<void> {
  const { definers, roles, query, victim, named } = scratch
  ledger.open(
    'functions',
    'pg_proc: functions with the rights of their owner',
    definers.map(({ name }) => name),
  )
  for (const { name, open, searchPath, grantees } of definers) {
    const schema = name.split('.')[0]!
    const strangers = grantees.filter((role) => roles.includes(role) && !role.includes(`_${schema}`))
    if (open) ledger.leak('functions', name, 'called by anybody', [])
    if (!searchPath) ledger.leak('functions', name, 'called with a search path of the caller’s', [])
    for (const role of strangers) {
      const theirs = await answered(scratch, role, name, [victim.id, String(named.get('identity.users')?.id)])
      if (theirs !== (await answered(scratch, role, name, [])))
        ledger.leak('functions', name, `called by ${role} for the victim`, ['that it is there'])
    }
    for (const role of roles.filter((each) => !grantees.includes(each))) {
      const [may] = await query('select has_function_privilege($1, $2::regprocedure, $3) as may', [
        role,
        name,
        'execute',
      ])
      if (may!.may) ledger.leak('functions', name, `called by ${role}`, [])
    }
    ledger.attacked('functions', name, roles.length + 2)
    ledger.control('functions', grantees.length)
  }
}

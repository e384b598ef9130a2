/** What PostgreSQL's own catalogue says of tenancy: every table, every role, every constraint. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { readRegister } from '#kit/register.ts'
import { sealedElsewhere } from '../../subgraphs/identity/sealed.ts'
import { loadSubgraphs } from '../../subgraphs/load.ts'
import { readCatalogue } from '../isolation/catalogue.ts'
import { openTestHouse, type TestHouse } from '../test-house.ts'

const names = readRegister({}).map(({ name }) => name)
// What several subgraphs share: operations, the journal and data keys, which are a tenant's, and the queue.
const shared = ['operations', 'journal', 'keyring', 'jobs']
const schemas = [...names, ...shared]
// Who logs in: each subgraph, and the relay of the journal.
const roles = [...names, 'journal']

// Tables that belong to no tenant, and why: sign-in precedes a tenant; catalogues are everybody's; jobs wait for
// workers, which serve all tenants, and hold ids only.
const withoutTenant = [
  'identity.accounts',
  'identity.password_tokens',
  'identity.known_places',
  ...['totp_secrets', 'recovery_codes', 'passkeys', 'challenges'].map((name) => `identity.${name}`),
  // How far the relay has come, in all tenants' entries.
  'journal.cursor',
  'compliance.frameworks',
  'compliance.controls',
  // What the world knows of weaknesses.
  ...['vuln_intel', 'kev_assertions', 'intel_loads'].map((name) => `vulns.${name}`),
  ...[...names, 'operations', 'journal', 'keyring'].flatMap((name) => [
    `${name}.migrations`,
    `${name}.migrations_lock`,
  ]),
  ...['job', 'job_common', 'job_dependency', 'queue', 'queue_stats', 'schedule', 'subscription'].map(
    (name) => `jobs.${name}`,
  ),
  ...['bam', 'version', 'warning'].map((name) => `jobs.${name}`),
]
// What proves accounts: their service reaches it by definers' functions alone.
const credentials = [
  ...['accounts', 'password_tokens', 'known_places'],
  ...['totp_secrets', 'recovery_codes', 'passkeys', 'challenges'],
]
// Its id is the tenant.
const tenantColumn: Record<string, string> = { 'identity.organizations': 'id' }
// What a service may do beyond its own schema, and nothing else.
const queue = {
  'jobs.job': ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  'jobs.job_common': ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  'jobs.job_dependency': ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  'jobs.queue': ['SELECT', 'UPDATE'],
  'jobs.version': ['SELECT', 'UPDATE'],
}
const ofJobs = { 'operations.operations': ['INSERT', 'SELECT', 'UPDATE'], ...queue }
const ofSealing = { 'keyring.data_keys': ['INSERT', 'SELECT', 'UPDATE'] }
const reached: Record<string, Record<string, string[]>> = {
  alerts: ofJobs,
  assets: ofJobs,
  compliance: ofJobs,
  identity: { ...ofJobs, ...ofSealing },
  integrations: { ...ofJobs, ...ofSealing },
  vulns: ofJobs,
}
// The journal grows, and nobody who writes it may change it. Identity shows it.
const ofJournal = (name: string) => {
  const may = name === 'identity' ? ['INSERT', 'SELECT'] : ['INSERT']
  const reads = name === 'identity' ? { 'journal.chain': ['SELECT'] } : {}
  return { 'journal.entries': may, 'journal.personal': may, ...reads }
}
const beyond = Object.fromEntries(
  names.flatMap((name) =>
    Object.entries({ ...reached[name], ...ofJournal(name) }).map(([table, privileges]) => [
      `${name} > ${table}`,
      privileges,
    ]),
  ),
)

// Policies that let rows be written beside a tenant's, and what they let through: the key of accounts, which belong
// to no organization, for who says so.
const besideTenants: Record<string, string> = {
  'keyring.data_keys: platform':
    "((organization_id = '00000000-0000-0000-0000-000000000000'::uuid) AND (( SELECT current_setting('nexus.keyring'::text, true) AS current_setting) = 'platform'::text))",
}

// Policies that show every tenant's rows, and to whom: the relay puts the entries of all tenants in order, and ends
// what they keep no longer. A role of its own, which no request is answered by.
const seeingAll: Record<string, string> = Object.fromEntries(
  ['entries', 'personal', 'chain', 'anchors', 'retention'].map((table) => [
    `journal.${table}: relay`,
    '{nexus_journal}',
  ]),
)

let house: TestHouse
let owner: pg.Client

before(async () => {
  house = await openTestHouse()
  owner = new pg.Client({ connectionString: house.databaseUrl })
  await owner.connect()
})
after(async () => {
  await owner?.end()
  await house?.close()
})

const rows = async (text: string, of = schemas): Promise<Record<string, never>[]> =>
  (await owner.query(text, [of])).rows

test('every table is a tenant’s, or is listed as nobody’s', async () => {
  const tables = await rows(`
    select n.nspname || '.' || coalesce(p.relname, c.relname) as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
      array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
    where n.nspname = any($1) and c.relkind in ('r', 'p')`)
  assert.ok(tables.length >= 14, `only ${tables.length} tables`)
  for (const { name, enabled, forced, columns } of tables as never as {
    name: string
    enabled: boolean
    forced: boolean
    columns: string[]
  }[]) {
    if (withoutTenant.includes(name)) {
      assert.ok(!columns.includes('organization_id'), `${name} has a tenant after all`)
      continue
    }
    assert.ok(columns.includes(tenantColumn[name] ?? 'organization_id'), `${name} names no tenant`)
    assert.ok(enabled && forced, `${name}: row level security is not enforced`)
  }
})

test('every policy that lets rows be written checks the tenant, once per statement', async () => {
  const policies = await rows(`
    select schemaname || '.' || tablename as name, policyname as policy, permissive, cmd, roles::text as roles, qual, with_check as checks
    from pg_policies where schemaname = any($1)`)
  const reads = "nullif(current_setting('nexus.organization'::text, true), ''::text)"
  const byTable = Map.groupBy(policies, (policy) => String(policy.name))
  const named = new Set(policies.map(({ name, policy }) => `${name}: ${policy}`))
  assert.deepEqual(
    Object.keys(seeingAll).filter((each) => !named.has(each)),
    [],
  )
  assert.ok(byTable.size >= 9)
  for (const [name, found] of byTable) {
    const tenant = found.filter((each) => each.policy === 'tenant')
    assert.equal(tenant.length, 1, `${name} has no tenant policy`)
    for (const side of ['qual', 'checks'] as const) {
      const text = String(tenant[0]![side]).toLowerCase()
      assert.ok(text.includes(reads), `${name}: ${side} does not read the tenant: ${text}`)
      assert.match(text, /\( ?select/, `${name}: ${side} is read again for each row`)
    }
    // A search reads every tenant's rows to whoever may not log in, and its function compares the tenant.
    for (const { policy, roles, qual } of found.filter((each) => each.policy === 'search'))
      assert.match(`${policy} ${roles} ${qual}`, /^search \{?nexus_\w+_search\}? true$/, name)
    for (const { policy, cmd, roles, qual } of found) {
      const listed = seeingAll[`${name}: ${policy}`]
      if (listed) assert.deepEqual([cmd, roles, qual], ['SELECT', listed, 'true'], `${name}: ${policy}`)
      else
        assert.ok(
          qual !== 'true' || policy === 'search' || `${name} ${policy}` === 'keyring.data_keys owner',
          `${name}: ${policy} lets ${roles} see all`,
        )
    }
    // One that restricts adds to the tenant's; one that permits goes beside it.
    for (const { policy, cmd, qual, checks, permissive } of found.filter(
      (each) => each.policy !== 'tenant',
    )) {
      const listed = besideTenants[`${name}: ${policy}`]
      if (listed) assert.deepEqual([qual, checks ?? qual], [listed, listed])
      else if (permissive === 'PERMISSIVE')
        assert.equal(cmd, 'SELECT', `${name}: ${policy} may write past the tenant`)
    }
  }
})

test('keys and unique constraints of tenant tables begin with the tenant', async () => {
  const indexes = await rows(`
    select n.nspname || '.' || coalesce(p.relname, c.relname) as name, i.relname as index, a.attname as first
    from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum = x.indkey[0]
    left join pg_inherits h on h.inhrelid = c.oid left join pg_class p on p.oid = h.inhparent
    where n.nspname = any($1) and x.indisunique`)
  for (const { name, index, first } of indexes as never as { name: string; index: string; first: string }[]) {
    if (withoutTenant.includes(name) || name in tenantColumn) continue
    assert.equal(first, 'organization_id', `${index} of ${name} tells tenants about each other`)
  }
})

test('no foreign key leaves its schema, and none between tenant tables leaves the tenant out', async () => {
  const keys = await rows(`
    select k.conname as key, n.nspname as from_schema, m.nspname as to_schema, c.relname as from_table,
      d.relname as to_table, pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class d on d.oid = k.confrelid
    join pg_namespace n on n.oid = c.relnamespace join pg_namespace m on m.oid = d.relnamespace
    where k.contype = 'f' and n.nspname = any($1)`)
  for (const key of keys as never as Record<string, string>[]) {
    assert.equal(key.from_schema, key.to_schema, `${key.key} crosses schemas`)
    const target = `${key.to_schema}.${key.to_table}`
    if (withoutTenant.includes(target) || target in tenantColumn) continue
    assert.match(
      key.definition!,
      /FOREIGN KEY \(organization_id, .*REFERENCES .*\(organization_id, /,
      key.key,
    )
  }
})

// Those that machines write by, beside the services' own.
// Those that own the functions of a search, and nothing else: by how many each.
const searches: Record<string, number> = {
  alerts_search: 2,
  assets_search: 2,
  identity_search: 2,
  vulns_search: 3,
}
const machines = ['alerts_ingest', 'assets_ingest', 'compliance_ingest', 'vulns_ingest']

test('the roles of the services log in, own nothing and stand above nothing', async () => {
  const { rows: found } = await owner.query(`
    select substr(r.rolname, length(current_database()) + 2) as role, r.rolcanlogin as login,
      r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication as mighty,
      (select count(*)::int from pg_class c where c.relowner = r.oid)
        + (select count(*)::int from pg_namespace n where n.nspowner = r.oid) as owned,
      (select count(*)::int from pg_proc p where p.proowner = r.oid) as functions,
      (select count(*)::int from pg_auth_members m where r.oid in (m.member, m.roleid)) as memberships
    from pg_roles r where starts_with(r.rolname, current_database() || '_') order by r.rolname`)
  assert.deepEqual(
    found,
    [...roles, ...machines, ...Object.keys(searches)].sort().map((role) => {
      const functions = searches[role] ?? 0
      return { role, login: functions === 0, mighty: false, owned: 0, functions, memberships: 0 }
    }),
  )
})

test('a service reaches its own schema and what it shares, never truncates, and never reads credentials', async () => {
  const grants = await rows(
    `
    select g.grantee, g.table_schema as schema, g.table_name as name, g.privilege_type as privilege
    from information_schema.role_table_grants g
    where g.grantee = any(select current_database() || '_' || unnest($1::text[]))`,
    roles,
  )
  assert.ok(grants.length > 0)
  const crossing: Record<string, string[]> = {}
  for (const { grantee, schema, name, privilege } of grants as never as Record<string, string>[]) {
    if (!grantee!.endsWith(`_${schema}`)) {
      const way = `${grantee!.slice(grantee!.lastIndexOf('_') + 1)} > ${schema}.${name}`
      crossing[way] = [...(crossing[way] ?? []), privilege!].sort()
      continue
    }
    const may =
      schema === 'journal' && name !== 'cursor' ? ['SELECT', 'INSERT'] : ['SELECT', 'INSERT', 'UPDATE']
    assert.ok(may.includes(privilege!), `${grantee} may ${privilege} ${name}`)
    assert.ok(!credentials.includes(name!), `${grantee} reads ${name}`)
  }
  assert.deepEqual(crossing, beyond)
  const open = await rows(`
    select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any($1) and p.prosecdef and (has_function_privilege('public', p.oid, 'execute')
      or p.proconfig is null or not exists (select 1 from unnest(p.proconfig) c where c like 'search_path=%'))`)
  assert.deepEqual(open, [], 'a definer’s function is open to everybody, or has no search path')
  const views = await rows(`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any($1) and (c.relkind = 'm' or (c.relkind = 'v'
      and not coalesce('security_invoker=true' = any(c.reloptions), false)))`)
  assert.deepEqual(views, [], 'a view would go past row level security')
})

test('without a tenant a service sees no row', async () => {
  const { keys } = house.surroundings
  const url = new URL(house.databaseUrl)
  for (const [schema, table] of [
    ['identity', 'users'],
    ['identity', 'sessions'],
    ['identity', 'refresh_tokens'],
    ['identity', 'api_keys'],
    ['identity', 'teams'],
    ['identity', 'team_members'],
    ['identity', 'grants'],
    ['identity', 'invitations'],
    ['identity', 'sso_connections'],
    ['identity', 'sso_identities'],
    ['identity', 'sso_transactions'],
    ['identity', 'scim_users'],
    ['identity', 'scim_groups'],
    ['identity', 'scim_group_members'],
    ['identity', 'journal.entries'],
    ['identity', 'journal.personal'],
    ['identity', 'journal.chain'],
    ['assets', 'assets'],
    ['assets', 'bulk_batches'],
    ['assets', 'bulk_items'],
    ['assets', 'metric_facts'],
    ['assets', 'asset_tags'],
    ['assets', 'asset_identifiers'],
    ['assets', 'asset_sources'],
    ['assets', 'asset_merges'],
    ['assets', 'asset_proposals'],
    ['assets', 'asset_conflicts'],
    ['assets', 'asset_history'],
    ['assets', 'asset_groups'],
    ['assets', 'asset_group_members'],
    ['alerts', 'alerts'],
    ['alerts', 'bulk_batches'],
    ['alerts', 'bulk_items'],
    ['alerts', 'metric_facts'],
    ['alerts', 'operations.operations'],
    ['alerts', 'alert_history'],
    ['alerts', 'alert_occurrences'],
    ['alerts', 'alert_timeline'],
    ['alerts', 'comments'],
    ['alerts', 'incidents'],
    ['alerts', 'suppression_rules'],
    ['alerts', 'recurrence_rules'],
    ['vulns', 'vulnerabilities'],
    ['vulns', 'vulnerability_history'],
    ['vulns', 'advisory_aliases'],
    ['vulns', 'key_searches'],
    ['vulns', 'stated_names'],
    ['vulns', 'name_statements'],
    ['vulns', 'name_splits'],
    ['vulns', 'told_names'],
    ['vulns', 'bulk_batches'],
    ['vulns', 'bulk_items'],
    ['vulns', 'metric_facts'],
    ['vulns', 'asset_context'],
    ['vulns', 'sla_policies'],
    ['vulns', 'risk_acceptances'],
    ['vulns', 'vex_claims'],
    ['vulns', 'told_dues'],
    ['alerts', 'told_dues'],
    ['vulns', 'operations.operations'],
    ['compliance', 'checks'],
    ['compliance', 'reports'],
    ['compliance', 'followed_reports'],
    ['compliance', 'operations.operations'],
    ['integrations', 'operations.operations'],
    ['integrations', 'followed_imports'],
    ['identity', 'keyring.data_keys'],
    ['integrations', 'keyring.data_keys'],
    ['integrations', 'saved_metrics'],
    ['compliance', 'current_results'],
    ['compliance', 'control_failures'],
  ] as const) {
    url.username = `nexus_${schema}`
    url.password = keys.passwordOf(`nexus_${schema}`)
    const service = new pg.Client({ connectionString: url.href })
    await service.connect()
    await service.query(`set search_path = ${schema}`)
    try {
      const count = async () =>
        (await service.query(`select count(*)::int as count from ${table}`)).rows[0].count
      assert.equal(await count(), 0, `${schema}.${table} before any tenant`)
      await service.query(`begin; select set_config('nexus.organization', '${crypto.randomUUID()}', true)`)
      assert.equal(await count(), 0, `${schema}.${table} of a stranger`)
      await service.query('commit')
      assert.equal(await count(), 0, `${schema}.${table} after a transaction, when the setting is empty`)
    } finally {
      await service.end()
    }
  }
})

test('every sealed column is declared by its subgraph, so that a new key reaches it', async () => {
  const columns = await rows(`
    select n.nspname || '.' || c.relname as table, a.attname::text as column from pg_attribute a
    join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any($1) and a.attname like '%sealed' and c.relkind in ('r', 'p')`)
  const declared = (await loadSubgraphs()).flatMap(({ sealed = [] }) =>
    sealed.map(({ table, column }) => `${table}.${column}`),
  )
  assert.ok(declared.length > 0)
  assert.deepEqual(columns.map(({ table, column }) => `${table}.${column}`).sort(), declared.sort())
})

test('a new key is brought to every subgraph that has sealed columns', async () => {
  const having = (await loadSubgraphs()).filter(({ name, sealed }) => name !== 'identity' && sealed?.length)
  assert.deepEqual(having.map(({ name }) => name).sort(), [...sealedElsewhere].sort())
})

test('what verifies the isolation of tenants knows every relation and every function with its owner’s rights', async () => {
  const known = await readCatalogue(async (text) => (await owner.query(text)).rows)
  const inHouse = `(select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')`
  const count = async (text: string) => Number((await owner.query(text)).rows[0].count)
  const kinds = `('r', 'p', 'v', 'm', 'S')`
  assert.equal(
    known.relations.length,
    await count(`select count(*) from pg_class where relkind in ${kinds} and relnamespace in ${inHouse}`),
  )
  assert.equal(
    known.definers.length,
    await count(`select count(*) from pg_proc where prosecdef and pronamespace in ${inHouse}`),
  )
  for (const name of names)
    assert.ok(
      known.relations.some(({ schema }) => schema === name),
      name,
    )
})

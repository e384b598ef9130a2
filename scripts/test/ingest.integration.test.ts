/** What machines may write: what they see, and never what people say. PostgreSQL refuses the rest itself. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { ingestRoleOf, roleOf, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import { openTestHouse, type TestHouse } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

const acme = idOfName('organization', 'acme')
const seen = ['last_seen_at', 'updated_at', 'version']
const made = ['id', 'organization_id', 'created_at']

// Every column of every table that machines reach: what they may change, and what they may not.
const columns: Record<string, { machines: string[]; people: string[] }> = {
  'assets.assets': {
    machines: ['last_seen_at', 'updated_at'],
    people: [
      ...[...made, 'version', 'external_id', 'type', 'name', 'environment', 'criticality', 'exposure'],
      ...['data_classification', 'lifecycle', 'metadata', 'risk_score', 'first_seen_at', 'retired_at'],
      ...[
        'is_manual',
        'owner_user_id',
        'owner_team_id',
        'risk_factors',
        'merged_into',
        'survivor_id',
        'merged_at',
        'own_risk_score',
        'own_risk_factors',
      ],
    ],
  },
  'assets.asset_identifiers': {
    machines: ['strength', 'source', 'last_seen_at', 'fingerprint', 'flapped_at', 'demoted_at'],
    people: ['organization_id', 'kind', 'value', 'asset_id', 'created_at'],
  },
  'assets.asset_sources': {
    machines: ['last_seen_at'],
    people: ['organization_id', 'asset_id', 'source', 'first_seen_at'],
  },
  'assets.asset_proposals': {
    machines: ['evidence', 'last_seen_at'],
    people: [
      ...['organization_id', 'id', 'asset_id', 'other_id', 'state', 'version', 'created_at', 'decided_by'],
      'decided_at',
    ],
  },
  'assets.asset_conflicts': {
    machines: ['occurrences', 'last_seen_at'],
    people: [
      ...['organization_id', 'id', 'asset_id', 'other_id', 'reason', 'kind', 'value', 'version'],
      ...['created_at', 'dismissed_by', 'dismissed_at'],
    ],
  },
  'assets.asset_merges': {
    machines: [],
    people: [
      ...['organization_id', 'id', 'survivor_id', 'merged_id', 'reason', 'merged_by', 'merged_at'],
      ...['split_by', 'split_at'],
    ],
  },
  'assets.asset_history': {
    machines: [],
    people: [
      ...['organization_id', 'asset_id', 'at', 'version', 'type', 'lifecycle', 'criticality', 'exposure'],
      'is_merged',
    ],
  },
  'alerts.alerts': {
    machines: [
      ...[...seen, 'occurrence_count', 'metadata', 'status', 'suppression_rule_id', 'dedupe_active'],
      ...['reopen_count', 'ack_due_at', 'resolve_due_at', 'sla_due_at', 'sla_risk_at'],
    ],
    people: [
      ...[...made, 'asset_id', 'severity', 'severity_rank', 'title', 'description', 'source', 'confidence'],
      ...[
        'source_ref',
        'rule_id',
        'attacks',
        'fingerprint',
        'fingerprint_version',
        'assignee_id',
        'priority',
      ],
      ...[
        'first_seen_at',
        'acknowledged_at',
        'acknowledged_by',
        'resolved_at',
        'resolved_by',
        'resolution_note',
      ],
      ...['verdict', 'first_resolved_at', 'archived_at', 'held_at', 'hold_until', 'hold_reason', 'sla_met'],
      ...['sla_paused_until', 'sla_paused_ms', 'previous_alert_id', 'incident_id', 'updated_by'],
      'related_vulnerability_ids',
    ],
  },
  'alerts.alert_history': {
    machines: [],
    people: [
      ...['id', 'organization_id', 'alert_id', 'version', 'at', 'kind', 'from_status', 'status', 'severity'],
      ...[
        'from_severity',
        'from_suppression_rule_id',
        'suppression_rule_id',
        'from_assignee_id',
        'assignee_id',
      ],
      ...['from_incident_id', 'incident_id', 'verdict', 'priority', 'note', 'changed_by'],
    ],
  },
  'alerts.alert_occurrences': {
    machines: ['count', 'last_at'],
    people: ['organization_id', 'alert_id', 'hour', 'id', 'first_at'],
  },
  'alerts.suppression_rules': {
    machines: [],
    people: [
      ...['id', 'organization_id', 'name', 'filter', 'reason', 'expires_at', 'ended_at', 'ends_at'],
      ...['created_by', 'ended_by', 'created_at'],
    ],
  },
  'alerts.told_dues': {
    machines: [],
    people: ['organization_id', 'subject_id', 'event', 'due_at', 'told_at', 'published_at'],
  },
  'alerts.recurrence_rules': {
    machines: [],
    people: [
      ...['id', 'organization_id', 'source', 'rule_id', 'window_hours', 'grouping_fields', 'created_by'],
      ...['ended_by', 'created_at', 'ended_at'],
    ],
  },
  'vulns.vulnerabilities': {
    machines: [
      ...[...seen, 'kind', 'cve_id', 'aliases', 'cwes', 'rule_id', 'severity', 'cvss', 'cvss_score'],
      ...['cvss_vector', 'title', 'description', 'remediation', 'component', 'location', 'fixed_versions'],
      ...['links', 'status', 'presence', 'resolution', 'reopen_count', 'resolved_at', 'due_at'],
      ...['weakness', 'component_key', 'merged_into'],
    ],
    people: [
      ...[...made, 'asset_id', 'fingerprint', 'fingerprint_version', 'severity_rank', 'cvss_rank'],
      ...['due_date', 'first_seen_at', 'created_by_run', 'assignee_id', 'ticket_url', 'justification'],
      ...['status_reason', 'status_by', 'status_at', 'reachability', 'severity_override', 'override_reason'],
      ...['override_by', 'override_at', 'override_until', 'acceptance_id', 'accepted_from', 'accepted_until'],
      ...['risk_score', 'sla_reason', 'sla_started_at', 'sla_paused_at', 'sla_paused_seconds'],
      ...['at_risk_at', 'due_rank'],
    ],
  },
  'vulns.vulnerability_history': {
    machines: [],
    people: [
      ...['id', 'organization_id', 'vulnerability_id', 'asset_id', 'version', 'at', 'kind', 'created_at'],
      ...['note', 'changed_by'],
      ...[
        ...['status', 'presence', 'resolution', 'resolved_at', 'severity', 'severity_override'],
        ...[
          'override_until',
          'acceptance_id',
          'accepted_from',
          'accepted_until',
          'risk_score',
          'merged_into',
        ],
      ].flatMap((side) => [side, `from_${side}`]),
    ],
  },
  'vulns.advisory_aliases': {
    machines: ['group_id'],
    people: ['organization_id', 'alias', 'source', 'asserted_at'],
  },
  'vulns.finding_texts': { machines: [], people: ['organization_id', 'id', 'copy', 'text'] },
  'vulns.key_searches': { machines: [], people: ['organization_id', 'after_id', 'is_open'] },
  'vulns.stated_names': { machines: [], people: ['organization_id', 'alias', 'statement'] },
  'vulns.name_statements': {
    machines: ['tool', 'run_id', 'asserted_at', 'withdrawn_at'],
    people: ['organization_id', 'statement', 'scope'],
  },
  'vulns.name_splits': {
    machines: [],
    people: ['organization_id', 'alias', 'other', 'reason', 'split_by', 'split_at'],
  },
  'vulns.told_names': {
    machines: ['ended_at'],
    people: ['organization_id', 'vulnerability_id', 'scope', 'fingerprint', 'weakness'],
  },
  'vulns.asset_context': {
    machines: [],
    people: [
      ...['organization_id', 'asset_id', 'criticality', 'exposure', 'lifecycle', 'told_score', 'updated_at'],
      'placed_at',
    ],
  },
  'vulns.vex_claims': {
    machines: [],
    people: ['organization_id', 'vulnerability_id', 'document', 'stated_at', 'status_at'],
  },
  'vulns.told_dues': {
    machines: [],
    people: ['organization_id', 'subject_id', 'event', 'due_at', 'told_at', 'published_at'],
  },
  'vulns.risk_acceptances': {
    machines: [],
    people: [
      ...[...made, 'finding_ids', 'cve_ids', 'asset_ids', 'treatment', 'reason', 'compensating_controls'],
      ...['evidence', 'status', 'requested_by', 'approved_by', 'decided_by', 'decided_at', 'decision_reason'],
      ...['valid_from', 'expires_at', 'version', 'updated_at'],
    ],
  },
  'vulns.sla_policies': {
    machines: [],
    people: [
      ...['organization_id', 'version', 'critical_days', 'high_days', 'medium_days', 'low_days', 'kev_days'],
      ...['exploitable_internet_days', 'exploitable_days', 'internet_days', 'epss_threshold'],
      ...['restart_after_days', 'created_by', 'created_at'],
    ],
  },
  'vulns.vuln_intel': {
    machines: [],
    people: [
      ...[
        'cve_id',
        'epss',
        'epss_percentile',
        'epss_date',
        'epss_model',
        'kev_listed',
        'kev_added',
        'kev_due',
      ],
      ...['ransomware', 'updated_at', 'kev_listed_at'],
    ],
  },
  'vulns.scans': {
    machines: ['payload', 'findings', 'closed', 'finished_at'],
    people: [
      ...['organization_id', 'run_id', 'asset_id', 'scope', 'tool', 'started_at', 'reverted_at', 'reverted'],
    ],
  },
  'vulns.finding_changes': {
    machines: [],
    people: [
      ...['organization_id', 'run_id', 'vulnerability_id', 'change', 'version', 'before', 'source_before'],
    ],
  },
  'vulns.vulnerability_sources': {
    machines: ['last_seen_at', 'withdrawn_at', 'content_hash', 'run_id'],
    people: ['organization_id', 'vulnerability_id', 'scope', 'tool', 'first_seen_at'],
  },
  'vulns.applied_batches': {
    machines: [],
    people: ['organization_id', 'run_id', 'batch', 'outcome', 'applied_at'],
  },
  'compliance.checks': {
    machines: ['title', 'severity', 'updated_at'],
    people: [...made, 'tool', 'rule_id', 'severity_rank'],
  },
  'compliance.control_checks': {
    machines: [],
    people: ['organization_id', 'control_id', 'check_id', 'origin', 'created_at', 'updated_at'],
  },
  'compliance.posture_changes': {
    machines: [],
    people: ['organization_id', 'sequence', 'kind', 'subject_id', 'control_id', 'was', 'at'],
  },
  'compliance.check_results': {
    machines: ['target', 'result', 'scope', 'run_id', 'observed_at', 'withdrawn_at'],
    people: [...made, 'check_id', 'asset_id', 'fingerprint'],
  },
  'compliance.check_runs': {
    machines: [],
    people: ['organization_id', 'run_id', 'asset_id', 'scope', 'started_at', 'reverted_at', 'restored'],
  },
  'compliance.check_changes': {
    machines: [],
    people: ['organization_id', 'run_id', 'result_id', 'before'],
  },
  'compliance.frameworks': {
    machines: [],
    people: ['id', 'name', 'version', 'catalog_uri', 'created_at', 'updated_at'],
  },
  'compliance.controls': {
    machines: [],
    people: [...['id', 'framework_id', 'code', 'title', 'section', 'created_at', 'updated_at', 'parent_id']],
  },
}
const schemas = [...new Set(Object.keys(columns).map((table) => table.split('.')[0]!))]

let house: TestHouse
let owner: Owner
const machines: Record<string, pg.Client> = {}

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  for (const schema of schemas) {
    const role = ingestRoleOf(roleOf(house.databaseUrl, schema))
    const url = urlAs(house.databaseUrl, role, house.surroundings.keys.passwordOf(role))
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(`set search_path = ${schema}`)
    await client.query(`select set_config('nexus.organization', '${acme}', false)`)
    machines[schema] = client
  }
})
after(async () => {
  for (const client of Object.values(machines)) await client.end()
  await house?.close()
})

const refused = { code: '42501' }
const machineOf = (table: string) => machines[table.split('.')[0]!]!

test('every column of every table that machines reach is theirs or people’s', async () => {
  const { rows } = await owner.query(
    `select n.nspname || '.' || c.relname as table, array_agg(a.attname::text order by a.attname) as columns,
      coalesce(array_agg(a.attname::text order by a.attname) filter (
        where has_column_privilege(r.oid, c.oid, a.attnum, 'update')), '{}') as updates
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_roles r on r.rolname = current_database() || '_' || n.nspname || '_ingest'
    where c.relkind in ('r', 'p') and has_table_privilege(r.oid, c.oid, 'select')
    group by n.nspname, c.relname`,
  )
  const found = Object.fromEntries(rows.map(({ table, ...of }) => [table, of]))
  assert.deepEqual(Object.keys(found).sort(), Object.keys(columns).sort())
  for (const [table, { machines, people }] of Object.entries(columns)) {
    assert.deepEqual([...machines, ...people].sort(), found[table].columns, table)
    assert.deepEqual([...machines].sort(), found[table].updates, table)
  }
})

test('PostgreSQL refuses machines to change what people write, column by column', async () => {
  let tried = 0
  for (const [table, { people }] of Object.entries(columns)) {
    const machine = machineOf(table)
    for (const column of people) {
      const change = machine.query(`update ${table} set ${column} = default`)
      await assert.rejects(change, refused, `${table}.${column}`)
      tried += 1
    }
    for (const statement of [`delete from ${table}`, `truncate ${table}`])
      await assert.rejects(machine.query(statement), refused, statement)
  }
  assert.ok(tried >= 70, `${tried} columns`)
})

test('and to add rows that already say what people say', async () => {
  const id = newId()
  const inserts: [string, string][] = [
    [
      'assets',
      `assets (id, organization_id, name, type, criticality) values ('${id}', '${acme}', 'a', 'host', 'low')`,
    ],
    [
      'vulns',
      `vulnerabilities (id, organization_id, asset_id, fingerprint, kind, severity, title, status)
      values ('${id}', '${acme}', '${id}', 'f', 'code', 'low', 't', 'false_positive')`,
    ],
    [
      'alerts',
      `alerts (id, organization_id, severity, title, fingerprint, status)
      values ('${id}', '${acme}', 'low', 't', 'f', 'suppressed')`,
    ],
  ]
  for (const [schema, insert] of inserts)
    await assert.rejects(machines[schema]!.query(`insert into ${insert}`), refused, insert)
  const check = { tool: 't', rule_id: 'r', title: 't', severity: 'low' }
  await machines.compliance!.query(
    `insert into checks (id, organization_id, ${Object.keys(check)}) values ($1, $2, $3, $4, $5, $6)`,
    [id, acme, ...Object.values(check)],
  )
  const map = (origin: string) =>
    machines.compliance!.query(
      `insert into control_checks (organization_id, control_id, check_id, origin)
      select $1, id, $2, $3 from controls order by code limit 1`,
      [acme, id, origin],
    )
  for (const origin of ['manual', 'suppressed']) await assert.rejects(map(origin), refused, origin)
  assert.equal((await map('auto')).rowCount, 1)
})

const statuses = [
  ...['open', 'confirmed', 'in_remediation', 'risk_accepted', 'false_positive', 'not_affected', 'resolved'],
]
const moves = ['open>resolved', 'confirmed>resolved', 'in_remediation>resolved', 'resolved>open']

test('a finding is moved by machines as absence and presence do, and by people anyhow', async () => {
  const move = async (client: { query: pg.Client['query'] }, from: string, to: string) => {
    const set = (status: string) =>
      `update vulns.vulnerabilities set status = '${status}',
        resolution = ${status === 'resolved' ? `'fixed'` : 'null'} where organization_id = '${acme}'`
    await owner.query(set(from))
    await client.query(set(to))
  }
  // What a status asks for, which machines may not write.
  await owner.query(`update vulns.vulnerabilities set accepted_from = now(), accepted_until = now() + interval '1 day',
    status_reason = 'r', justification = 'code_not_present' where organization_id = '${acme}'`)
  for (const from of statuses) {
    for (const to of statuses) {
      const moving = move(machines.vulns!, from, to)
      if (from === to || moves.includes(`${from}>${to}`)) await moving
      else await assert.rejects(moving, refused, `${from} to ${to}`)
    }
  }
  const role = roleOf(house.databaseUrl, 'vulns')
  const url = urlAs(house.databaseUrl, role, house.surroundings.keys.passwordOf(role))
  const service = new pg.Client({ connectionString: url })
  await service.connect()
  await service.query(`select set_config('nexus.organization', '${acme}', false)`)
  await move(service, 'risk_accepted', 'false_positive').finally(() => service.end())
})

test('an alert is opened and suppressed by machines, and forgets its verdict by itself; its history is not theirs to write', async () => {
  const rule = newId()
  await owner.query(
    `insert into alerts.suppression_rules (id, organization_id, name, filter, reason, expires_at, created_by, created_at)
    values ($1, $2, 'r', '{}', 'r', now() + interval '1 hour', $1, now())`,
    [rule, acme],
  )
  const all = ['open', 'acknowledged', 'in_progress', 'on_hold', 'suppressed', 'resolved', 'archived']
  const set = (status: string) => `update alerts.alerts set status = '${status}',
    suppression_rule_id = ${status === 'suppressed' ? `'${rule}'` : 'null'}`
  for (const from of all) {
    for (const to of all) {
      await owner.query(`${set(from)}, verdict = 'benign', resolved_at = now(), resolved_by = '${rule}',
        hold_until = now(), hold_reason = 'r' where organization_id = '${acme}'`)
      const moving = machines.alerts!.query(set(to))
      if (from === to || ['resolved>open', 'open>suppressed'].includes(`${from}>${to}`)) await moving
      else await assert.rejects(moving, refused, `${from} to ${to}`)
      if (`${from}>${to}` !== 'resolved>open') continue
      const { rows } = await owner.query(
        `select distinct verdict, resolved_at, resolved_by from alerts.alerts where organization_id = '${acme}'`,
      )
      assert.deepEqual(rows, [{ verdict: null, resolved_at: null, resolved_by: null }])
    }
  }
  const forged = machines.alerts!.query(
    `insert into alert_history (id, organization_id, alert_id, version, at, kind, status, severity, priority)
    select '${rule}', organization_id, id, 1, now(), 'status', 'open', 'low', 'p1' from alerts limit 1`,
  )
  await assert.rejects(forged, refused)
})

test('machines see one tenant, and a stranger none', async () => {
  for (const [schema, table] of [
    ['assets', 'assets'],
    ['alerts', 'alerts'],
    ['vulns', 'vulnerabilities'],
  ] as const) {
    const client = machines[schema]!
    const organizations = async () =>
      (await client.query(`select distinct organization_id as id from ${table}`)).rows.map(({ id }) => id)
    assert.deepEqual(await organizations(), [acme])
    await client.query(`begin; select set_config('nexus.organization', '${crypto.randomUUID()}', true)`)
    assert.deepEqual(await organizations(), [])
    await client.query('rollback')
  }
})

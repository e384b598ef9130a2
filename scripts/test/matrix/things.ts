/** What the cells are asked about: a thing of each noun in two organizations, the second full of canaries. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { password, type TestHouse, type Visitor } from '../../test-house.ts'
import { makeReport } from '../following.ts'
import { configurationReport, importReport, trivyReport } from '../reports.ts'

export const canary = 'canary-7c3d1e'
const nowhere = '01a1fc87-6e56-7175-bb20-000000000000'

/** A text for a `$name`, or how one is made for each cell. */
export type Things = Record<string, string | (() => Promise<string>)>

/** Fills in the `$names` of a text. */
export async function filled(text: string, things: Things): Promise<string> {
  const names = [...new Set(text.match(/\$\w+/g))]
  const values = await Promise.all(
    names.map(async (name) => {
      const thing = things[name.slice(1)]
      assert.ok(thing, `nothing is known of ${name}`)
      return [name, typeof thing === 'string' ? thing : await thing()] as const
    }),
  )
  return values.reduce((sum, [name, value]) => sum.replaceAll(name, value), text)
}

async function fill(house: TestHouse, slug: string, mark: string): Promise<Things> {
  const owner = await house.as(`admin@${slug}.example`)
  const weaknesses = [{ id: 'CVE-2024-1000', package: mark, title: `${mark} title` }]
  const run = await importReport(owner, `${mark}.json`, trivyReport(`${mark}-image`, weaknesses))
  const failure = { rule: 'DS002', title: `${mark} rule`, status: 'FAIL', target: mark } as const
  await importReport(owner, `${mark}.json`, configurationReport(`${mark}-image`, [failure]))
  const report = await makeReport(owner, { list: 'vulnerabilities', format: 'csv', search: mark })
  const user = await added(owner, `${mark}-${slug}@example.com`)
  const key = await owner.rest('POST', '/api-keys', { name: `${mark} key`, scopes: ['assets:read'] })
  const made = async (path: string, body: object): Promise<string> => {
    const { body: answer } = await owner.rest('POST', path, body)
    assert.ok(answer.data, JSON.stringify(answer))
    return answer.data.id
  }
  const team = await made('/teams', { name: mark })
  await owner.rest('POST', `/teams/${team}/members`, { user_id: user.id })
  const assetGroup = await made('/asset-groups', { name: mark })
  const riskAcceptance = await made('/risk-acceptances', {
    ...{ cve_ids: ['CVE-2024-9999'], treatment: 'accept', reason: mark },
    expires_at: new Date(Date.now() + 86_400_000).toISOString(),
  })
  const grant = await made('/grants', { user_id: user.id, role: 'viewer', asset_group_id: assetGroup })
  const savedMetric = await made('/metrics/custom', { name: mark, metric: 'alerts.open' })
  const savedLeaver = await made('/metrics/custom', { name: `${mark} gone`, metric: 'alerts.open' })
  const batchOf = async (path: string, patch: object): Promise<string> => {
    const { body: bulk } = await owner.rest('POST', `${path}/bulk`, { ids: [], patch })
    return String(bulk.data.batch_id)
  }
  const alertBatch = await batchOf('/alerts', { priority: 'p2' })
  const vulnerabilityBatch = await batchOf('/vulnerabilities', { reachability: 'unknown' })
  const assetBatch = await batchOf('/assets', { criticality: 'low' })
  const invitation = await made('/invitations', { email: `${mark}-${slug}@example.org`, role: 'viewer' })
  const leaver = await added(owner, `${mark}-${slug}-leaver@example.com`)
  const provider = await owner.rest('POST', '/api-keys', { name: mark, scopes: ['users:write'] })
  const provide = async (path: string, resource: object): Promise<string> => {
    const { body } = await house
      .visitor(provider.body.data.key)
      .rest('POST', `/../../scim/v2${path}`, resource)
    assert.ok(body.id, JSON.stringify(body))
    return body.id
  }
  const scimUser = (name: string) =>
    provide('/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: `${mark}-${slug}-${name}@example.net`,
    })
  const scimGroup = (name: string) =>
    provide('/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: `${mark} ${name}`,
    })
  const viewer = await house.as(`viewer@${slug}.example`)
  const sessions = await viewer.graphql('{ sessions { id current } }')
  const { body } = await owner.graphql(`{
    organizations { edges { node { id } } }
    assets(filter: { search: "${mark}" }) { edges { node { id } } }
    auditEvents { edges { node { id } } }
    alerts { edges { node { id asset { id } } } } frameworks { edges { node { id } } }
    controls { edges { node { id parent { id } } } } connectors { edges { node { id } } }
    vulnerabilities(filter: { search: "${mark}" }) { edges { node { id } } }
    others: vulnerabilities { edges { node { id title } } } }`)
  type Edge = { node: { id: string; asset?: object | null; parent?: object | null } }
  const first = (noun: string): string => {
    const edges = body.data[noun].edges as Edge[]
    return edges.find(({ node }) => node.asset !== null && node.parent !== null)!.node.id
  }
  const worked = first('alerts')
  const workedVulnerability = (body.data.others.edges as { node: { id: string; title: string } }[]).find(
    ({ node }) => !node.title.includes(mark),
  )!.node.id
  const assignee = { assignee_id: user.id }
  await owner.rest('PUT', `/vulnerabilities/${first('vulnerabilities')}/assignee`, assignee)
  await owner.rest('POST', `/vulnerabilities/${first('vulnerabilities')}/confirm`, {})
  await owner.rest('POST', `/alerts/${worked}/acknowledge`)
  const of = {
    mark,
    asset: first('assets'),
    vulnerability: first('vulnerabilities'),
    users: [leaver.id, user.id],
  }
  await owner.rest('PUT', `/assets/${first('assets')}`, { owner_id: user.id, owner_team_id: team })
  return {
    ...{
      worked,
      workedVulnerability,
      team,
      assetGroup,
      riskAcceptance,
      grant,
      invitation,
      savedMetric,
      savedLeaver,
    },
    ...(await alertThings(owner, of)),
    ...{ alertBatch, vulnerabilityBatch, assetBatch },
    apiKey: key.body.data.id,
    auditEvent: first('auditEvents'),
    leaver: leaver.id,
    scimUser: await scimUser('kept'),
    scimLeaver: await scimUser('gone'),
    scimGroup: await scimGroup('kept'),
    scimLeaving: await scimGroup('gone'),
    asset: first('assets'),
    spareAsset: await made('/assets', { type: 'host', name: `${mark} spare` }),
    connector: first('connectors'),
    control: first('controls'),
    framework: first('frameworks'),
    importRun: run.id,
    operation: String(report.operation_id),
    organization: first('organizations'),
    report: String(report.id),
    session: sessions.body.data.sessions.find(({ current }: { current: boolean }) => current).id,
    user: user.id,
    vulnerability: first('vulnerabilities'),
  }
}

type Of = { mark: string; asset: string; vulnerability: string; users: string[] }

/** An alert that all has happened to, and the incident and the rules that go with it. */
async function alertThings(owner: Visitor, { mark, asset, vulnerability, users }: Of): Promise<Things> {
  const ask = async (mutation: string, input: object, selection: string) => {
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`
    const text = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${selection} } }`
    const { body } = await owner.graphql(text, { input })
    assert.equal(body.errors, undefined, JSON.stringify(body.errors))
    return Object.values(body.data[mutation])[0] as { id: string }
  }
  const raised = {
    ...{ title: mark, severity: 'HIGH', assetId: asset, relatedVulnerabilityIds: [vulnerability] },
    description: `${mark} was seen`,
  }
  const alert = (await ask('createAlert', raised, 'alert { id }')).id
  const comment = (await ask('addComment', { alertId: alert, body: mark }, 'comment { id }')).id
  await ask('removeComment', { id: comment }, 'comment { id }')
  const kept = (await ask('addComment', { alertId: alert, body: `${mark} too` }, 'comment { id }')).id
  await ask('acknowledgeAlert', { id: alert }, 'alert { id }')
  const happened = { title: mark, severity: 'HIGH', assigneeId: users[0], alertIds: [alert] }
  const incident = (await ask('createIncident', happened, 'incident { id }')).id
  await ask('resolveAlert', { id: alert, verdict: 'BENIGN', note: mark }, 'alert { id }')
  for (const userId of users) await ask('assignAlert', { id: alert, userId }, 'alert { id }')
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
  const rule = { name: mark, reason: mark, filter: { source: [`${mark} source`] }, expiresAt }
  const suppressionRule = (await ask('createSuppressionRule', rule, 'suppressionRule { id }')).id
  await ask('endSuppressionRule', { id: suppressionRule }, 'suppressionRule { id }')
  const counted = { source: mark, ruleId: mark, windowHours: 1, groupingFields: [mark], expectedGroups: 0 }
  const recurrenceRule = (await ask('setRecurrenceRule', counted, 'recurrenceRule { id }')).id
  await ask('endRecurrenceRule', { id: recurrenceRule }, 'recurrenceRule { id }')
  return { alert, comment: kept, incident, suppressionRule, recurrenceRule }
}

const added = async (owner: Visitor, email: string): Promise<{ id: string; password_token: string }> => {
  const { body } = await owner.rest('POST', '/users', { email, name: email, role: 'viewer' })
  assert.ok(body.data, JSON.stringify(body))
  return body.data
}

/** One's own, another tenant's and nobody's. */
export async function openThings(house: TestHouse): Promise<Record<'own' | 'foreign' | 'absent', Things>> {
  const foreign = await fill(house, 'globex', canary)
  const own = await fill(house, 'acme', 'mine')
  const admin = await house.as('admin@acme.example')
  const email = 'viewer@acme.example'
  const session = async () =>
    (await house.anonymous.rest('POST', '/auth/login', { email, password })).body.data
  const made: Things = {
    email,
    password,
    upload: randomUUID(),
    tomorrow: new Date(Date.now() + 86_400_000).toISOString(),
    text: async () => randomUUID(),
    unused: async () => `${randomUUID()}@example.com`,
    refreshToken: async () => (await session()).refreshToken,
    invitationToken: async () => {
      const invited = { email: `${randomUUID()}@example.com`, role: 'viewer' }
      return (await admin.rest('POST', '/invitations', invited)).body.data.token
    },
    passwordToken: async () => (await added(admin, `${randomUUID()}@example.com`)).password_token,
  }
  const absent = Object.fromEntries(Object.keys(own).map((name) => [name, nowhere]))
  return { own: { ...own, ...made }, foreign: { ...foreign, ...made }, absent: { ...absent, ...made } }
}

/** The names that mean one thing here and another there. */
export const isTenants = (text: string, { own, foreign }: Record<'own' | 'foreign', Things>): boolean =>
  (text.match(/\$\w+/g) ?? []).some((name) => own[name.slice(1)] !== foreign[name.slice(1)])

/** Mutations that do something, each once, in an order in which each works. */
import { readFileSync } from 'node:fs'
import { buildSchema, type GraphQLField } from 'graphql'
import { newId } from '#kit/id.ts'
import { root } from '#kit/register.ts'
import { type Answer, password, type TestHouse, type Visitor } from '../test-house.ts'
import { codeAt } from './factors.ts'
import { vexDocument } from './matrix/expected/vulns.ts'
import { grype, scan } from './names.ts'
import { host, reportAs } from './observing.ts'
import { openOwner } from './owner.ts'
import { importReport, trivyReport } from './reports.ts'
import { okta, patch } from './scim-bodies.ts'

const schema = buildSchema(readFileSync(`${root}schema/api.graphql`, 'utf8'), { assumeValidSDL: true })
export const fields: Record<string, GraphQLField<unknown, unknown>> = schema.getMutationType()!.getFields()

// What of an answer the steps after it need.
const selections: Record<string, string> = {
  createUser: 'user { id } passwordToken',
  createApiKey: 'apiKey { id }',
  createTeam: 'team { id }',
  createGrant: 'grant { id }',
  createInvitation: 'invitation { id } token',
  createAssetGroup: 'assetGroup { id }',
  bulkUpdateAlerts: 'batchId',
  bulkUpdateVulnerabilities: 'batchId',
  bulkUpdateAssets: 'batchId',
  createSavedMetric: 'savedMetric { id }',
  createAlert: 'alert { id }',
  createIncident: 'incident { id }',
  createSuppressionRule: 'suppressionRule { id }',
  setRecurrenceRule: 'recurrenceRule { id }',
  addComment: 'comment { id }',
  createAsset: 'asset { id }',
  requestRiskAcceptance: 'riskAcceptance { id }',
  createScimUser: 'resource',
  createScimGroup: 'resource',
  signIn: 'refreshToken',
  refreshSession: 'refreshToken',
  startTotp: 'secret',
}
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()

type Input = Record<string, unknown>
type Told = ReturnType<typeof JSON.parse>

/** Asks a mutation, and what of its answer the steps after it need. */
export async function mutate(
  by: Visitor,
  name: string,
  input?: Input,
): Promise<{ answer: Answer; told: Told }> {
  const [arg] = fields[name]!.args
  const [head, passed] = arg ? [`($input: ${arg.type})`, '(input: $input)'] : ['', '']
  const text = `mutation${head} { it: ${name}${passed} { ${selections[name] ?? '__typename'} } }`
  const answer = await by.graphql(text, { input })
  return { answer, told: answer.body.data?.it }
}

type Made = Record<'eve' | 'invitation', string> & { evesToken: string }
type Step = [name: string, by: Visitor, input?: () => Input | Promise<Input>, keep?: (told: Told) => void]

/** What becomes of one finding, each step from where the one before has left it. */
function triage(admin: Visitor, find: () => Promise<string>): Step[] {
  let id = ''
  const steps: [name: string, input: Input][] = [
    ['confirmVulnerability', {}],
    ['assignVulnerability', { assigneeId: null }],
    ['setVulnerabilityReachability', { reachability: 'UNREACHABLE' }],
    ['overrideSeverity', { severity: 'LOW', reason: 'only here' }],
    ['endSeverityOverride', {}],
    ['startRemediation', { ticketUrl: 'https://tickets.example/1' }],
    ['resolveVulnerability', { resolution: 'MITIGATED' }],
    ['reopenVulnerability', {}],
    ['markFalsePositive', { reason: 'a test' }],
    ['changeVulnerabilityStatus', { status: 'OPEN' }],
    ['markNotAffected', { justification: 'CODE_NOT_PRESENT', reason: 'not there' }],
  ]
  return steps.map(
    ([name, input]): Step => [
      name,
      admin,
      async () => {
        id ||= await find()
        return { id, ...input }
      },
    ],
  )
}

/** What two people do with risks: one asks, and the other decides. */
function accepting(admin: Visitor, analyst: Visitor): Step[] {
  const made: string[] = []
  const ask: Step = [
    'requestRiskAcceptance',
    analyst,
    () => ({
      ...{ cveIds: ['CVE-2020-1000'], treatment: 'ACCEPT', reason: 'for a while' },
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    }),
    (told) => void made.push(told.riskAcceptance.id),
  ]
  return [
    ask,
    ['updateRiskAcceptance', analyst, () => ({ id: made[0], compensatingControls: 'a wall' })],
    ['approveRiskAcceptance', admin, () => ({ id: made[0] })],
    ['revokeRiskAcceptance', admin, () => ({ id: made[0], reason: 'no more' })],
    ask,
    ['rejectRiskAcceptance', admin, () => ({ id: made[1], reason: 'no' })],
  ]
}

/** The steps, for an admin and another member; `made` knows their ids as they come. */
export function stepsOf(house: TestHouse, admin: Visitor, analyst: Visitor, acme: string) {
  const made: Record<string, string> = {}
  const keep =
    (name: string, of = name) =>
    (told: Told) => {
      made[name] = told[of].id
    }
  const first = async (list: string, selection = 'id') =>
    (await admin.graphql(`{ ${list} { edges { node { ${selection} } } } }`)).body.data[list.split('(')[0]!]
      .edges[0].node
  // The demo has none: the first import of a format makes one.
  const connector = async () => {
    await importReport(admin, 'first.json', trivyReport('audit:0', [{ id: 'CVE-2020-1', package: 'a' }]))
    return first('connectors')
  }
  const resource = okta.user
  const again = async () => {
    await house.as('admin@acme.example')
    return {}
  }
  const mine = async () => {
    await again()
    const { body } = await admin.graphql('{ sessions { id current } }')
    return body.data.sessions.find(({ current }: { current: boolean }) => !current).id
  }
  const nobody = house.anonymous
  const steps: Step[] = [
    [
      'createUser',
      admin,
      () => ({ email: 'eve@acme.example', name: 'Eve', role: 'VIEWER' }),
      (told) => Object.assign(made, { eve: told.user.id, evesToken: told.passwordToken }),
    ],
    ['setPassword', nobody, () => ({ token: made.evesToken, password: 'a password of hers' })],
    ['updateUser', admin, () => ({ id: made.eve, role: 'ANALYST' })],
    ['startPasswordReset', admin, () => ({ userId: made.eve })],
    ['createTeam', admin, () => ({ name: 'Auditors' }), keep('team')],
    ['updateTeam', admin, () => ({ id: made.team, name: 'The auditors' })],
    ['addTeamMember', admin, () => ({ teamId: made.team, userId: made.eve })],
    ['createGrant', admin, () => ({ teamId: made.team, role: 'VIEWER', tag: 'team:audit' }), keep('grant')],
    ['revokeGrant', admin, () => ({ id: made.grant })],
    ['removeTeamMember', admin, () => ({ teamId: made.team, userId: made.eve })],
    ['disableTeam', admin, () => ({ id: made.team })],
    ['disableUser', admin, () => ({ id: made.eve })],
    ['enableUser', admin, () => ({ id: made.eve })],
    [
      'createInvitation',
      admin,
      () => ({ email: 'mallory@acme.example', role: 'VIEWER' }),
      keep('invitation'),
    ],
    ['revokeInvitation', admin, () => ({ id: made.invitation })],
    [
      'acceptInvitation',
      nobody,
      async () => {
        const asked = { email: 'trent@acme.example', role: 'VIEWER' }
        const { told } = await mutate(admin, 'createInvitation', asked)
        return { token: told.token, name: 'Trent', password: 'a password of his' }
      },
    ],
    [
      'signIn',
      nobody,
      () => ({ email: 'analyst@acme.example', password }),
      (told) => Object.assign(made, { refresh: told.refreshToken }),
    ],
    [
      'refreshSession',
      nobody,
      () => ({ refreshToken: made.refresh }),
      (told) => Object.assign(made, { refresh: told.refreshToken }),
    ],
    ['signOut', nobody, () => ({ refreshToken: made.refresh })],
    ['revokeSession', admin, async () => ({ id: await mine() })],
    ['revokeOtherSessions', admin, again],
    [
      'revokeUserSessions',
      admin,
      async () => {
        await mutate(nobody, 'signIn', { email: 'eve@acme.example', password: 'a password of hers' })
        return { userId: made.eve }
      },
    ],
    ['createApiKey', admin, () => ({ name: 'ci', scopes: ['alerts:read'] }), keep('key', 'apiKey')],
    ['revokeApiKey', admin, () => ({ id: made.key })],
    ['updateOrganization', admin, () => ({ id: acme, settings: { sessionIdleMinutes: 45 } })],
    [
      'acknowledgeAlert',
      admin,
      async () => {
        made.alert = (await first('alerts(filter: { status: [OPEN] })')).id
        return { id: made.alert }
      },
    ],
    ['assignAlert', admin, () => ({ id: made.alert, userId: made.eve })],
    ['holdAlert', admin, () => ({ id: made.alert, reason: 'waits', holdUntil: tomorrow() })],
    ['startAlert', admin, () => ({ id: made.alert })],
    ['resolveAlert', admin, () => ({ id: made.alert, verdict: 'BENIGN', note: 'nothing' })],
    ['reopenAlert', admin, () => ({ id: made.alert })],
    [
      'archiveAlert',
      admin,
      async () => {
        await mutate(admin, 'resolveAlert', { id: made.alert, verdict: 'TEST' })
        return { id: made.alert }
      },
    ],
    ['createAlert', admin, () => ({ title: 'By hand', severity: 'LOW' }), keep('raised', 'alert')],
    ['updateAlert', admin, () => ({ id: made.raised, priority: 'P1' })],
    ['addComment', admin, () => ({ alertId: made.raised, body: 'Seen' }), keep('comment')],
    ['editComment', admin, () => ({ id: made.comment, body: 'Seen twice' })],
    ['removeComment', admin, () => ({ id: made.comment })],
    ['createIncident', admin, () => ({ title: 'Happened', severity: 'LOW' }), keep('incident')],
    ['attachAlerts', admin, () => ({ incidentId: made.incident, alertIds: [made.raised] })],
    ['detachAlerts', admin, () => ({ incidentId: made.incident, alertIds: [made.raised] })],
    ['updateIncident', admin, () => ({ id: made.incident, status: 'RESOLVED' })],
    [
      'createSuppressionRule',
      admin,
      () => ({
        ...{ name: 'Quiet', reason: 'known', filter: { source: ['quiet'] } },
        expiresAt: tomorrow(),
      }),
      keep('quiet', 'suppressionRule'),
    ],
    ['endSuppressionRule', admin, () => ({ id: made.quiet })],
    [
      'setRecurrenceRule',
      admin,
      () => ({ source: 'audit', ruleId: 'r', windowHours: 1, groupingFields: ['a'], expectedGroups: 0 }),
      keep('recurrence', 'recurrenceRule'),
    ],
    ['endRecurrenceRule', admin, () => ({ id: made.recurrence })],
    [
      'ingestAlerts',
      admin,
      () => ({ source: 'audit', alerts: [{ title: 'Seen', severity: 'LOW', sourceRef: '1' }] }),
    ],
    [
      'setAssetTags',
      admin,
      async () => {
        made.asset = (await first('assets')).id
        return { assetId: made.asset, tags: ['team:audit'] }
      },
    ],
    ...triage(admin, async () => (await first('vulnerabilities')).id),
    ['createAsset', admin, () => ({ type: 'HOST', name: 'audited' }), keep('ownAsset', 'asset')],
    ['updateAsset', admin, () => ({ id: made.ownAsset, criticality: 'HIGH' })],
    ['retireAsset', admin, () => ({ id: made.ownAsset })],
    ['reviveAsset', admin, () => ({ id: made.ownAsset })],
    ['createAsset', admin, () => ({ type: 'HOST', name: 'audited too' }), keep('otherAsset', 'asset')],
    ['mergeAssets', admin, () => ({ id: made.ownAsset, mergeIds: [made.otherAsset] })],
    ['splitAsset', admin, () => ({ id: made.otherAsset })],
    [
      'acceptAssetProposal',
      admin,
      async () => {
        await reportAs(house, 'acme', [host('audited-1', '10.9.9.1'), host('audited-2', '10.9.9.1')])
        return { id: (await first('assetProposals(filter: { state: [OPEN] })')).id }
      },
    ],
    [
      'dismissAssetProposal',
      admin,
      async () => {
        await reportAs(house, 'acme', [host('audited-3', '10.9.9.1')])
        return { id: (await first('assetProposals(filter: { state: [OPEN] })')).id }
      },
    ],
    [
      'dismissAssetConflict',
      admin,
      async () => {
        const uuid = { kind: 'HARDWARE_UUID', value: '9b1b6a0c-1111-4c4b-8a66-0a1b2c3d4e5f' }
        const clone = (name: string, mac: string) => ({
          ...host(name, '10.9.9.2'),
          identifiers: [uuid, { kind: 'MAC', value: mac }, { kind: 'HOSTNAME', value: name }],
        })
        await reportAs(house, 'acme', [
          clone('clone-a', '02:00:00:00:00:01'),
          clone('clone-b', '02:00:00:00:00:02'),
        ])
        return { id: (await first('assetConflicts')).id }
      },
    ],
    ...accepting(admin, analyst),
    [
      'splitVulnerability',
      admin,
      async () => {
        await scan(admin, grype('audited:1', [['GHSA-aaaa-bbbb-cccc', 'audited', 'CVE-2033-1000']]))
        const { id } = await first('vulnerabilities(filter: { cveId: ["CVE-2033-1000"] })')
        return { id, aliases: ['GHSA-aaaa-bbbb-cccc'], reason: 'another weakness' }
      },
    ],
    ['setSlaPolicy', admin, () => ({ lowDays: 200 })],
    ['importVex', admin, () => ({ document: JSON.stringify(vexDocument) })],
    ['createAssetGroup', admin, () => ({ name: 'Audited' }), keep('assetGroup')],
    [
      'createAssetGroup',
      admin,
      () => ({ name: 'Described', rule: { criticality: ['HIGH'] } }),
      keep('ruledGroup', 'assetGroup'),
    ],
    ['setAssetGroupRule', admin, () => ({ id: made.ruledGroup, rule: { criticality: ['LOW'] } })],
    ['setAssetGroupMembers', admin, () => ({ id: made.assetGroup, assetIds: [made.asset] })],
    [
      'setConnectorCredentials',
      admin,
      async () => ({ id: (await connector()).id, credentials: 'a token of ours' }),
    ],
    ['rekeyOrganization', admin, () => ({ id: acme })],
    [
      'setSsoConnection',
      admin,
      () => ({ issuer: 'https://idp.example', clientId: 'nexus', clientSecret: 'hush hush' }),
    ],
    ['removeSsoConnection', admin],
    [
      'createScimUser',
      admin,
      () => ({ resource: resource('scim-audit') }),
      (told) => Object.assign(made, { provisioned: told.resource.id }),
    ],
    [
      'replaceScimUser',
      admin,
      () => ({ id: made.provisioned, resource: { ...resource('scim-audit'), displayName: 'Another' } }),
    ],
    [
      'patchScimUser',
      admin,
      () => ({
        id: made.provisioned,
        operations: patch({ op: 'replace', path: 'displayName', value: 'Third' }).Operations,
      }),
    ],
    [
      'createScimGroup',
      admin,
      () => ({ resource: okta.group('Auditing', [made.provisioned!]) }),
      (told) => Object.assign(made, { group: told.resource.id }),
    ],
    ['replaceScimGroup', admin, () => ({ id: made.group, resource: okta.group('Auditing', []) })],
    [
      'patchScimGroup',
      admin,
      () => ({ id: made.group, operations: okta.addMember(made.provisioned!).Operations }),
    ],
    ['removeScimGroup', admin, () => ({ id: made.group })],
    ['removeScimUser', admin, () => ({ id: made.provisioned })],
    ['erasePerson', admin, () => ({ userId: made.provisioned })],
    ['proveYourself', analyst, () => ({ password })],
    ['startTotp', analyst, () => ({}), (told) => Object.assign(made, { secret: told.secret })],
    ['confirmTotp', analyst, async () => ({ code: await codeAt({ secret: made.secret! }) })],
    ['renewRecoveryCodes', analyst],
    ['removeTotp', analyst, async () => ({ password, code: await codeAt({ secret: made.secret! }, 1) })],
    ['changePassword', analyst, () => ({ current: password, new: 'another password of theirs' })],
    [
      'bulkUpdateAlerts',
      admin,
      async () => ({ ids: [(await first('alerts')).id], patch: { priority: 'P1' } }),
      (told) => Object.assign(made, { batch: told.batchId }),
    ],
    ['undoBulkUpdateAlerts', admin, () => ({ batchId: made.batch })],
    [
      'bulkUpdateVulnerabilities',
      admin,
      async () => ({ ids: [(await first('vulnerabilities')).id], patch: { reachability: 'POTENTIALLY' } }),
      (told) => Object.assign(made, { batch: told.batchId }),
    ],
    ['undoBulkUpdateVulnerabilities', admin, () => ({ batchId: made.batch })],
    [
      'bulkUpdateAssets',
      admin,
      async () => ({ ids: [(await first('assets')).id], patch: { dataClassification: 'PUBLIC' } }),
      (told) => Object.assign(made, { batch: told.batchId }),
    ],
    ['undoBulkUpdateAssets', admin, () => ({ batchId: made.batch })],
    ['createSavedMetric', admin, () => ({ name: 'Open', metric: 'alerts.open' }), keep('savedMetric')],
    ['removeSavedMetric', admin, () => ({ id: made.savedMetric })],
    ['generateReport', admin, () => ({ list: 'ASSETS', format: 'CSV' })],
    [
      'cancelOperation',
      admin,
      async () => {
        // One that nobody is at.
        const owner = await openOwner(house)
        const id = newId()
        await owner.query(
          `insert into operations.operations (id, organization_id, kind, requested_by) values ($1, $2, 'audited', $1)`,
          [id, acme],
        )
        await owner.close()
        return { id }
      },
    ],
    [
      'revertImport',
      admin,
      async () => {
        const report = trivyReport('audit:2', [{ id: 'CVE-2020-2', package: 'a' }])
        return { id: (await importReport(admin, 'second.json', report)).id }
      },
    ],
    ['startImport', admin, () => ({ upload: '00000000-0000-7000-8000-000000000000', fileName: 'gone.json' })],
  ]
  return { steps, made: made as Made }
}

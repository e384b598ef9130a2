/** Files: reports that are downloaded, and uploads that are imported. */
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { type GraphQLSchema, isEnumType, isInputObjectType } from 'graphql'
import { createBlobs } from '#kit/blob.ts'
import { newId } from '#kit/id.ts'
import { leaksIn } from './canary.ts'
import type { Ledger } from './ledger.ts'
import { plain } from './names.ts'
import { principals } from './principals.ts'
import type { Scratch, Tenant } from './scratch.ts'

const valuesOf = (schema: GraphQLSchema, name: string): string[] => {
  const type = schema.getType(name)
  return isEnumType(type) ? type.getValues().map((value) => value.name.toLowerCase()) : []
}
const dataOf = (text: string) => JSON.parse(text.slice(text.indexOf('{'))).data ?? {}
const longestWaitMs = 20_000

async function ended(look: () => Promise<string>): Promise<string> {
  for (const from = Date.now(); Date.now() - from < longestWaitMs; await pause(50)) {
    const text = await look()
    if (/"status":"(complete|failed|cancelled)"/.test(text)) return text
  }
  throw new Error('What was asked for does not end')
}

export async function attackExports(scratch: Scratch, schema: GraphQLSchema, ledger: Ledger): Promise<void> {
  const { client, victim, attacker, secrets, routes } = scratch
  const kind = 'exports'
  const lists = valuesOf(schema, 'ReportList').flatMap((list) =>
    valuesOf(schema, 'ReportFormat').map((format) => ({ list, format, name: `${list}.${format}` })),
  )
  const files = routes
    .filter(({ url }) => /export|download/.test(url))
    .map(({ method, url }) => `${method} ${url}`)
  ledger.open(kind, 'schema/api.graphql: lists and formats of reports; routes that answer with a file', [
    ...lists.map(({ name }) => name),
    ...files,
  ])
  const make = async (tenant: Tenant, list: string, format: string) => {
    const token = await scratch.as('admin', tenant)
    const body = JSON.stringify({ list, format })
    const { text } = await client.ask({ method: 'POST', path: '/api/v1/reports/generate', token, body })
    const id = String(dataOf(text).report?.id)
    await ended(async () => (await client.ask({ path: `/api/v1/reports/${id}`, token })).text)
    return { id, text: (await client.ask({ path: `/api/v1/reports/${id}/download`, token })).text }
  }
  await Promise.all(
    lists.map(async ({ list, format, name }) => {
      const theirs = await make(victim, list, format)
      ledger.control(kind, leaksIn(theirs.text, secrets).length)
      const ours = await make(attacker, list, format)
      const look = (attack: string, text: string) => {
        ledger.attacked(kind, name)
        const leaked = leaksIn(text, secrets)
        if (leaked.length > 0) ledger.leak(kind, name, attack, leaked)
      }
      look('in an own report', ours.text)
      for (const principal of principals) {
        const token = await scratch.as(principal)
        const download = async (id: string) =>
          client.ask({ path: `/api/v1/reports/${id}/download`, token, headers: { 'if-none-match': '*' } })
        const [foreign, none] = [await download(theirs.id), await download(newId())]
        look(`downloaded as ${principal}`, foreign.text)
        if (foreign.status !== none.status || plain(foreign.text) !== plain(none.text))
          ledger.leak(kind, name, `downloaded as ${principal}`, ['that it is there'])
        for (const file of files) ledger.attacked(kind, file)
      }
    }),
  )
}

const report = (name: string) =>
  JSON.stringify({
    SchemaVersion: 2,
    ArtifactName: name,
    ArtifactType: 'container_image',
    Results: [
      {
        Target: name,
        Class: 'os-pkgs',
        Type: 'debian',
        Vulnerabilities: [
          {
            VulnerabilityID: 'CVE-2024-1000',
            PkgName: name,
            InstalledVersion: '1',
            Severity: 'HIGH',
            Title: name,
          },
        ],
      },
    ],
  })

export async function attackUploads(scratch: Scratch, schema: GraphQLSchema, ledger: Ledger): Promise<void> {
  const { client, victim, house, secrets, attacker } = scratch
  const kind = 'uploads'
  const inputs = Object.values(schema.getTypeMap()).filter(
    (type) => isInputObjectType(type) && 'upload' in type.getFields(),
  )
  ledger.open(
    kind,
    'schema/api.graphql: inputs that name an upload',
    inputs.map(({ name }) => `${name}.upload`),
  )
  const start = async (tenant: Tenant, principal: (typeof principals)[number], upload: string) => {
    const token = await scratch.as(principal, tenant)
    const query = 'mutation ($input: StartImportInput!) { startImport(input: $input) { run { id } } }'
    const input = { upload, fileName: 'report.json', format: 'trivy' }
    const { text } = await client.graphql(token, query, { input })
    const id = dataOf(text).startImport?.run.id
    if (!id) return text
    return ended(async () => (await client.ask({ path: `/api/v1/integrations/imports/${id}`, token })).text)
  }
  const canary = victim.canaries.at('an upload')
  const blobs = createBlobs(join(house.surroundings.blobDir, victim.id))
  const { id } = await blobs.put(Readable.from([Buffer.from(report(canary))]), { maxBytes: 100_000 })
  for (const principal of principals) {
    const [theirs, none] = [await start(attacker, principal, id), await start(attacker, principal, newId())]
    const leaked = leaksIn(theirs, secrets)
    if (leaked.length > 0 || plain(theirs) !== plain(none))
      ledger.leak(kind, 'StartImportInput.upload', `imported as ${principal}`, [
        'that it is there',
        ...leaked,
      ])
    ledger.attacked(kind, 'StartImportInput.upload', 2)
  }
  // It is still there, and whose it is may import it.
  if (/"status":"complete"/.test(await start(victim, 'admin', id))) ledger.control(kind, 1)
  const found = await client.graphql(
    await scratch.as('admin'),
    `{ assets(first: 100) { edges { node { name } } } }`,
  )
  if (leaksIn(found.text, secrets).length > 0)
    ledger.leak(kind, 'StartImportInput.upload', 'imported', [canary])
}

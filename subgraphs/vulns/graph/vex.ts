/** VEX, in and out: what is said of findings, in words that others read and write. */
import { screaming } from '#kit/builder.ts'
import { type Context, callPeer } from '#kit/context.ts'
import { NexusError } from '#kit/errors.ts'
import { signedIn } from '#kit/viewer.ts'
import * as vex from '../model/vex/export.ts'
import { carryOver, type Imported, type VexItem, vexOutcomes } from '../model/vex/import.ts'
import { readVex } from '../model/vex/read.ts'
import * as vulnerabilities from '../model/vulnerability.ts'
import { type VexFormat, vexFormats } from '../rules-vex.ts'
import type { Tables } from '../tables.ts'
import { builder } from './builder.ts'
import { VulnerabilityFilter } from './vulnerability.ts'

const Format = builder.enumType('VexFormat', {
  description: 'How a VEX document is written: OpenVEX 0.2.0, or CycloneDX 1.6.',
  values: screaming(vexFormats),
})
const Outcome = builder.enumType('VexOutcome', {
  description: 'What became of a statement. UNMATCHED: no finding here is what it is about.',
  values: screaming(vexOutcomes),
})
const VexDocument = builder.objectRef<vex.VexDocument>('VexDocument').implement({
  needs: 'vulnerabilities:read',
  description: 'What is said of findings, as a document for others.',
  fields: (t) => ({
    format: t.field({ type: Format, resolve: ({ format }) => format }),
    mediaType: t.exposeString('mediaType'),
    fileName: t.exposeString('fileName'),
    document: t.exposeString('document', {
      description: 'JSON. But for its time, it is the same for the same findings.',
    }),
    statements: t.exposeInt('statements', {
      description: 'What holds wherever a package is, is said once; what differs, of each asset.',
    }),
    findings: t.exposeInt('findings', { description: 'Of how many findings it speaks.' }),
    leftOut: t.exposeInt('leftOut', {
      description: 'Findings of no weakness that others know by an id, such as those of a configuration.',
    }),
  }),
})
const Item = builder.objectRef<VexItem>('VexItem').implement({
  needs: 'inherited',
  description: 'What became of one statement at one finding.',
  fields: (t) => ({
    statement: t.exposeString('statement', { description: 'Where it stands: `$.statements[3]`.' }),
    id: t.exposeID('id', { nullable: true, description: 'Of the finding; null where there is none.' }),
    outcome: t.field({ type: Outcome, resolve: ({ outcome }) => outcome }),
    code: t.exposeString('code', { nullable: true, description: 'Why it was refused, for programs.' }),
    message: t.exposeString('message', { nullable: true, description: 'Why it was refused, for people.' }),
  }),
})
type Told = Omit<Imported, 'after'> & {
  format: VexFormat
  documentId: string
  author: string
  dryRun: boolean
  statements: number
}
const ImportVexPayload = builder.objectRef<Told>('ImportVexPayload').implement({
  needs: 'inherited',
  description: 'What became of what a VEX document says.',
  fields: (t) => ({
    format: t.field({ type: Format, resolve: ({ format }) => format }),
    documentId: t.exposeString('documentId'),
    author: t.exposeString('author'),
    dryRun: t.exposeBoolean('dryRun', { description: 'Nothing was written.' }),
    statements: t.exposeInt('statements'),
    matched: t.exposeInt('matched', { description: 'How many findings it is about.' }),
    changed: t.exposeInt('changed'),
    unchanged: t.exposeInt('unchanged', { description: 'Findings that stood so already.' }),
    refused: t.exposeInt('refused'),
    unmatched: t.exposeInt('unmatched', { description: 'Statements about nothing that is known here.' }),
    items: t.field({
      type: [Item],
      description: 'What became of each, those that were refused first; at most 500.',
      resolve: ({ items }) => items,
    }),
  }),
})

const ImportVexInput = builder.inputType('ImportVexInput', {
  description: 'What somebody says of weaknesses, to be carried over to findings.',
  fields: (t) => ({
    document: t.string({
      required: true,
      description:
        'OpenVEX 0.2.0 or CycloneDX 1.4 to 1.6 as JSON, at most 1 MiB; here at most 50,000 characters.',
    }),
    format: t.field({ type: Format, description: 'Refuses a document in the other one.' }),
    dryRun: t.boolean({ description: 'Tells what would become of it, and writes nothing.' }),
    filter: t.field({
      type: VulnerabilityFilter,
      description: 'The findings that it may change. With `assetId`, those are the products of the document.',
    }),
  }),
})

/** What assets are called, as far as the viewer may know. */
async function assetNames(
  context: Context<Tables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  const query = `query ($ids: [ID!]!, $first: Int!) {
    assets(filter: { id: $ids }, first: $first) { edges { node { id name } } }
  }`
  type Answer = { assets: { edges: { node: { id: string; name: string } }[] } }
  const chunk = 1_000
  try {
    for (let from = 0; from < ids.length; from += chunk) {
      const some = ids.slice(from, from + chunk)
      const { assets } = await callPeer<Answer>(context, 'assets', query, { ids: some, first: some.length })
      for (const { node } of assets.edges) names.set(node.id, node.name)
    }
  } catch (error) {
    if (!(error instanceof NexusError) || error.code !== 'FORBIDDEN') throw error
  }
  return names
}

async function authorOf(context: Context<Tables>, organizationId: string): Promise<string> {
  const query = 'query ($id: ID!) { organization(id: $id) { name } }'
  type Answer = { organization: { name: string } | null }
  try {
    const { organization } = await callPeer<Answer>(context, 'identity', query, { id: organizationId })
    return organization?.name ?? organizationId
  } catch (error) {
    if (error instanceof NexusError && error.code === 'FORBIDDEN') return organizationId
    throw error
  }
}

builder.queryField('exportVex', (t) =>
  t.field({
    type: VexDocument,
    description:
      'What is said of findings as a VEX document; at most 10,000 findings. Of nothing there is no OpenVEX: that is refused as NOTHING_TO_EXPORT.',
    authScopes: { permission: 'vulnerabilities:read' },
    args: {
      format: t.arg({ type: Format, required: true }),
      filter: t.arg({ type: VulnerabilityFilter }),
    },
    resolve: async (_root, { format, filter }, context) => {
      const { organizationId } = signedIn(context.viewer)
      const at = context.clock()
      const rows = await context.tenant(async (trx) =>
        vex.findingsFor(trx, await vulnerabilities.specFor(trx, filter, at), filter),
      )
      const assets = await assetNames(context, [...new Set(rows.map(({ assetId }) => assetId))])
      const author = await authorOf(context, organizationId)
      return vex.documentOf(rows, { format, author, assets, at })
    },
  }),
)
builder.mutationField('importVex', (t) =>
  t.field({
    type: ImportVexPayload,
    description:
      'Carries what a VEX document says over to the findings that it is about, by the steps that people may take. What somebody has said later stays.',
    authScopes: { permissionOn: 'vulnerabilities:write' },
    args: { input: t.arg({ type: ImportVexInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { userId, organizationId } = signedIn(context.viewer)
      const permission = 'vulnerabilities:write' as const
      await context.permittedAssets(permission, [])
      const at = context.clock()
      const read = readVex(input.document, input.format ?? null)
      const { filter } = input
      const isTrial = input.dryRun === true
      const { after, ...told } = await context.tenant(async (trx) => {
        const spec = await vulnerabilities.specFor(trx, filter, at)
        const asked = { spec, filter, chosen: (filter?.assetId?.length ?? 0) > 0, isTrial, organizationId }
        const done = await carryOver(trx, read, asked, {
          ...{ userId, at },
          permitted: (ids) => context.permittedAssets(permission, ids),
          named: (ids) => assetNames(context, ids),
        })
        if (done.after.length > 0) await context.enqueue(trx, 'rescore-assets', organizationId)
        return done
      })
      await Promise.all(
        after.map(({ id, status }) =>
          context.events.publish(
            organizationId,
            status === 'resolved' ? 'vulnerability.resolved' : 'vulnerability.updated',
            { vulnerabilityId: id },
          ),
        ),
      )
      const { format, id: documentId, author, claims } = read
      return { ...told, format, documentId, author, dryRun: isTrial, statements: claims.length }
    },
  }),
)

import { reference, screaming } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { load } from '#kit/loader.ts'
import { listOf, one } from '#kit/lookup.ts'
import * as connectors from '../model/connector.ts'
import * as importRuns from '../model/import-run.ts'
import { type ConnectorRow, connectorStatuses, type Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'

export const Connector = builder.objectRef<ConnectorRow>('Connector')

const ConnectorStatus = builder.enumType('ConnectorStatus', {
  description: 'What the last runs of a connector say of it.',
  values: screaming(connectorStatuses),
})

const Bucket = lists.bucket()

const find = (context: Context<Tables>, id: string) => one(context, 'connector', id, connectors.find)

Connector.implement({
  needs: 'integrations:read',
  description: 'A way for data to come in; the first report of a format adds the connector of that format.',
  fields: (t) => ({
    id: t.exposeID('id'),
    kind: t.exposeString('kind', { description: 'The format or system that it speaks.' }),
    name: t.exposeString('name'),
    status: t.field({ type: ConnectorStatus, resolve: (connector) => connector.status }),
    lastRunAt: t.expose('lastRunAt', { type: 'DateTime', nullable: true }),
    lastSuccessAt: t.expose('lastSuccessAt', { type: 'DateTime', nullable: true }),
    lastError: t.exposeString('lastError', { nullable: true, description: 'Why its last run failed.' }),
    hasCredentials: t.boolean({
      description: 'Whether it was given what it shows its system. That itself is never shown.',
      resolve: ({ credentialsSealed }) => credentialsSealed !== null,
    }),
    credentialsHint: t.exposeString('credentialsHint', {
      nullable: true,
      description: 'The last four characters of its credentials, where they have twelve or more.',
    }),
    runs: t.field({
      type: [Bucket],
      description: 'How many imports of its format stand in each status.',
      resolve: async ({ kind }, _args, context) => {
        const batch = (formats: readonly string[]) => context.tenant((trx) => importRuns.count(trx, formats))
        return (await load(context.loaders, 'runs', kind, batch)) ?? []
      },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})
builder.asEntity(Connector, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('integrations:read', find),
})

const ConnectorConnection = lists.connection(Connector)
const ConnectorFilter = builder.inputType('ConnectorFilter', {
  description: 'Which connectors to list.',
  fields: (t) => ({
    status: t.field({ type: [ConnectorStatus] }),
    kind: t.stringList(),
    createdAt: t.field({ type: lists.timeRange }),
    search: t.string({ description: 'Part of the name or the kind.' }),
  }),
})
const listArgs = lists.args(ConnectorFilter, lists.order('Connector', connectors.spec))

builder.queryFields((t) => ({
  connector: t.field({
    type: Connector,
    nullable: true,
    description: 'One connector, or null.',
    authScopes: { permission: 'integrations:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  connectors: t.field({
    type: ConnectorConnection,
    description: 'The connectors of the organization.',
    authScopes: { permission: 'integrations:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, connectors.spec, args),
  }),
}))

import { screaming } from '#kit/builder.ts'
import { filled } from '#kit/changes.ts'
import type { Context } from '#kit/context.ts'
import { actorKinds, outcomes } from '#kit/journal.ts'
import { load } from '#kit/loader.ts'
import { listOf, one } from '#kit/lookup.ts'
import * as events from '../model/audit-event.ts'
import * as users from '../model/user.ts'
import type { Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { User } from './user.ts'

const AuditOutcome = builder.enumType('AuditOutcome', {
  description: 'DONE; REFUSED, for a reason that `code` names; FAILED, where Nexus could not do it.',
  values: screaming(outcomes),
})
const AuditActorKind = builder.enumType('AuditActorKind', {
  description: 'A member, a key on behalf of one, or nobody who is known.',
  values: screaming(actorKinds),
})

const personalOf = (context: Context<Tables>, id: string) =>
  load(context.loaders, 'journal/personal', id, (ids) => context.tenant((trx) => events.personal(trx, ids)))
const placeOf = (context: Context<Tables>, id: string) =>
  load(context.loaders, 'journal/place', id, (ids) => context.tenant((trx) => events.places(trx, ids)))

/** Where the actor was; null where nobody said it, or where it was erased. */
async function seen(
  context: Context<Tables>,
  { id, changes }: events.AuditEventRow,
  what: 'ip' | 'userAgent',
): Promise<string | null> {
  const [first] = filled(changes, (await personalOf(context, id)) ?? new Map()) as { client?: unknown }[]
  const client = first?.client
  return client && typeof client === 'object' ? ((client as Record<string, string>)[what] ?? null) : null
}

const AuditEvent = builder.objectRef<events.AuditEventRow>('AuditEvent').implement({
  needs: 'audit:read',
  description: 'That somebody did something, or was refused it. Nobody can change or remove it.',
  fields: (t) => ({
    id: t.exposeID('id'),
    at: t.expose('at', { type: 'DateTime' }),
    actorKind: t.field({ type: AuditActorKind, resolve: (event) => event.actorKind }),
    actor: t.field({
      type: User,
      nullable: true,
      description: 'Who did it, or whom the key acted for.',
      resolve: ({ actorId }, _args, context) => (actorId ? one(context, 'user', actorId, users.find) : null),
    }),
    apiKeyId: t.exposeID('apiKeyId', { nullable: true, description: 'The key that acted.' }),
    ip: t.string({ nullable: true, resolve: (event, _args, context) => seen(context, event, 'ip') }),
    userAgent: t.string({
      nullable: true,
      resolve: (event, _args, context) => seen(context, event, 'userAgent'),
    }),
    service: t.exposeString('service', { description: 'Who asked on behalf of the actor.' }),
    requestId: t.exposeString('requestId'),
    operation: t.exposeString('operation', {
      description: 'The mutation or the job; of a refused question, the field or the type.',
    }),
    subgraph: t.exposeString('subgraph'),
    outcome: t.field({ type: AuditOutcome, resolve: (event) => event.outcome }),
    code: t.exposeString('code', { nullable: true, description: 'Of the refusal.' }),
    subjectType: t.exposeString('subjectType', { nullable: true, description: 'What was changed first.' }),
    subjectId: t.exposeID('subjectId', { nullable: true }),
    changes: t.field({
      type: 'JSON',
      description:
        'What became of each row, as a JSON patch (RFC 6902) whose tests say how it was. Secrets are masked.',
      resolve: async ({ id, changes }, _args, context) =>
        filled(changes, (await personalOf(context, id)) ?? new Map()).filter(
          (each) => (each as { kind?: string }).kind !== 'seen',
        ),
    }),
    sequence: t.int({
      nullable: true,
      description: 'Its place in the chain of the organization, which it gets within seconds.',
      resolve: async ({ id }, _args, context) => (await placeOf(context, id))?.sequence,
    }),
    hash: t.string({
      nullable: true,
      description: 'SHA-256 over the hash before and this event, in hexadecimal.',
      resolve: async ({ id }, _args, context) => (await placeOf(context, id))?.hash,
    }),
  }),
})

const AuditEventConnection = lists.connection(AuditEvent)
const AuditEventFilter = builder.inputType('AuditEventFilter', {
  description: 'Which events to list.',
  fields: (t) => ({
    actorId: t.idList({ description: 'Users who acted, themselves or by a key.' }),
    apiKeyId: t.idList(),
    operation: t.stringList(),
    outcome: t.field({ type: [AuditOutcome] }),
    subjectType: t.stringList({ description: 'Such as `User` or `Alert`.' }),
    subjectId: t.idList(),
    requestId: t.stringList(),
    at: t.field({ type: lists.timeRange }),
  }),
})
const listArgs = lists.args(AuditEventFilter, lists.order('AuditEvent', events.spec))

builder.queryFields((t) => ({
  auditEvents: t.field({
    type: AuditEventConnection,
    description: 'What happened in the organization, the newest first.',
    authScopes: { permission: 'audit:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, events.spec, args),
  }),
  auditEvent: t.field({
    type: AuditEvent,
    nullable: true,
    description: 'One event, or null.',
    authScopes: { permission: 'audit:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => one(context, 'auditEvent', id, events.find),
  }),
}))

import { to } from '#kit/refs.ts'
import { signedIn } from '#kit/viewer.ts'
import * as sla from '../model/sla.ts'
import { builder } from './builder.ts'
import { expectedVersion } from './changing.ts'
import { User } from './refs.ts'

const days = {
  criticalDays: 'Days for CRITICAL; none is no limit.',
  highDays: 'Days for HIGH.',
  mediumDays: 'Days for MEDIUM.',
  lowDays: 'Days for LOW.',
  exploitableInternetDays: 'Days for what is exploitable and can be reached from the internet.',
  exploitableDays: 'Days for what is exploitable: listed as exploited, or likely to be.',
  internetDays: 'Days for what can be reached from the internet.',
} as const

const SlaPolicy = builder.objectRef<sla.SlaPolicy>('SlaPolicy').implement({
  needs: 'vulnerabilities:read',
  description: 'Within how many days findings are to be gone; of several that fit, the fewest.',
  fields: (t) => ({
    version: t.exposeInt('version', { description: '0 while nobody has set one.' }),
    criticalDays: t.exposeInt('criticalDays', { nullable: true, description: days.criticalDays }),
    highDays: t.exposeInt('highDays', { nullable: true, description: days.highDays }),
    mediumDays: t.exposeInt('mediumDays', { nullable: true, description: days.mediumDays }),
    lowDays: t.exposeInt('lowDays', { nullable: true, description: days.lowDays }),
    kevDays: t.exposeInt('kevDays', { description: 'Days from a listing that names no day itself.' }),
    exploitableInternetDays: t.exposeInt('exploitableInternetDays', {
      nullable: true,
      description: days.exploitableInternetDays,
    }),
    exploitableDays: t.exposeInt('exploitableDays', { nullable: true, description: days.exploitableDays }),
    internetDays: t.exposeInt('internetDays', { nullable: true, description: days.internetDays }),
    epssThreshold: t.exposeFloat('epssThreshold', { description: 'From where on EPSS means exploitable.' }),
    restartAfterDays: t.exposeInt('restartAfterDays', {
      description: 'A finding that comes back later than this starts a new clock.',
    }),
    createdBy: t.field({ type: User, nullable: true, resolve: (policy) => to(policy.createdBy) }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: true }),
  }),
})

const SetSlaPolicyInput = builder.inputType('SetSlaPolicyInput', {
  description: 'The next version of the policy: what is left out stays, null is no limit.',
  fields: (t) => ({
    criticalDays: t.int({ description: days.criticalDays }),
    highDays: t.int({ description: days.highDays }),
    mediumDays: t.int({ description: days.mediumDays }),
    lowDays: t.int({ description: days.lowDays }),
    kevDays: t.int(),
    exploitableInternetDays: t.int({ description: days.exploitableInternetDays }),
    exploitableDays: t.int({ description: days.exploitableDays }),
    internetDays: t.int({ description: days.internetDays }),
    epssThreshold: t.float({ description: '0 to 1.' }),
    restartAfterDays: t.int(),
    expectedVersion: t.int({ description: expectedVersion }),
  }),
})
type Set = { slaPolicy: sla.SlaPolicy; operationId: string }
const SetSlaPolicyPayload = builder.objectRef<Set>('SetSlaPolicyPayload').implement({
  needs: 'inherited',
  description: 'The policy as it is by now, and the work that brings it to all findings.',
  fields: (t) => ({
    slaPolicy: t.field({ type: SlaPolicy, resolve: ({ slaPolicy }) => slaPolicy }),
    operationId: t.id({
      description: 'The operation that judges all findings by it; nothing is locked meanwhile.',
      resolve: ({ operationId }) => operationId,
    }),
  }),
})

builder.queryField('slaPolicy', (t) =>
  t.field({
    type: SlaPolicy,
    description: 'By when findings are to be gone in the organization.',
    authScopes: { permission: 'vulnerabilities:read' },
    resolve: (_root, _args, { tenant }) => tenant(sla.current),
  }),
)
builder.mutationField('setSlaPolicy', (t) =>
  t.field({
    type: SetSlaPolicyPayload,
    description: 'Says by when findings are to be gone; those that are there follow.',
    authScopes: { permission: 'organization:policy' },
    args: { input: t.arg({ type: SetSlaPolicyInput, required: true }) },
    resolve: (_root, { input }, context) => {
      const { organizationId, userId } = signedIn(context.viewer)
      return context.tenant(async (trx) => {
        const slaPolicy = await sla.set(trx, organizationId, input, { userId, at: context.clock() })
        const operationId = await context.enqueue(trx, 'judge-findings', organizationId)
        return { slaPolicy, operationId }
      })
    },
  }),
)

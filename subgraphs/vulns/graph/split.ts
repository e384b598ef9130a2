import { signedIn } from '#kit/viewer.ts'
import { split } from '../model/split.ts'
import { stepTo } from '../model/triage.ts'
import type { VulnerabilityRow } from '../tables.ts'
import { builder } from './builder.ts'
import { expectedVersion } from './changing.ts'
import { Vulnerability } from './vulnerability.ts'

const SplitVulnerabilityInput = builder.inputType('SplitVulnerabilityInput', {
  description: 'A finding that is known by names of more than one weakness.',
  fields: (t) => ({
    id: t.id({ required: true }),
    aliases: t.stringList({
      description:
        'The names that are of another weakness. Of a finding that is part of another one, its own name unless said.',
    }),
    reason: t.string({ required: true, description: 'At most 2000 characters.' }),
    expectedVersion: t.int({ description: expectedVersion }),
  }),
})
type Payload = { vulnerability: VulnerabilityRow; apart: VulnerabilityRow[] }
const SplitVulnerabilityPayload = builder.objectRef<Payload>('SplitVulnerabilityPayload').implement({
  needs: 'inherited',
  description: 'What has come apart.',
  fields: (t) => ({
    vulnerability: t.field({ type: Vulnerability, resolve: ({ vulnerability }) => vulnerability }),
    apart: t.field({
      type: [Vulnerability],
      description: 'The findings that stand for themselves since, wherever they are; at most 100 of them.',
      resolve: ({ apart }) => apart.slice(0, 100),
    }),
    apartCount: t.int({ description: 'How many these are.', resolve: ({ apart }) => apart.length }),
  }),
})

builder.mutationField('splitVulnerability', (t) =>
  t.field({
    type: SplitVulnerabilityPayload,
    description:
      'Says that some of the names of a finding are of another weakness. Findings that were one by these names come apart wherever they are, each with its own triage and the scans that told it, and no report merges them again.',
    authScopes: { permission: 'vulnerabilities:write' },
    args: { input: t.arg({ type: SplitVulnerabilityInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { organizationId, userId } = signedIn(context.viewer)
      const { vulnerability, parted } = await context.tenant(async (trx) => {
        const done = await split(
          trx,
          { ...input, organizationId, aliases: input.aliases ?? null },
          { userId, at: context.clock() },
        )
        if (done.parted.length > 0) await context.enqueue(trx, 'rescore-assets', organizationId)
        return done
      })
      for (const { before, after } of parted)
        await context.events.publish(
          organizationId,
          `vulnerability.${stepTo(after.status, before?.status ?? after.status)}`,
          { vulnerabilityId: after.id },
        )
      const apart = parted.filter(
        ({ before, after }) => after.mergedInto === null && (before === null || before.mergedInto !== null),
      )
      return { vulnerability, apart: apart.map(({ after }) => after) }
    },
  }),
)

import { load } from '#kit/loader.ts'
import { namesKnown } from '../model/alias.ts'
import * as intel from '../model/intel.ts'
import { namesOf } from '../rules-alias.ts'
import type { Tables, VulnerabilityRow } from '../tables.ts'
import { builder } from './builder.ts'
import { CvssRating } from './cvss.ts'
import { Vulnerability } from './vulnerability.ts'

type Known = { row: VulnerabilityRow; intel: intel.Intel | null }

const Epss = builder.objectRef<intel.Intel>('Epss').implement({
  needs: 'inherited',
  description: 'How likely a weakness is to be exploited within 30 days, as FIRST estimates it.',
  fields: (t) => ({
    score: t.float({ description: 'The probability, 0 to 1.', resolve: (of) => of.epss! }),
    percentile: t.float({ nullable: true, resolve: (of) => of.epssPercentile }),
    date: t.string({
      nullable: true,
      description: 'The day that it speaks of.',
      resolve: (of) => of.epssDate,
    }),
    model: t.string({
      nullable: true,
      description: 'The version of the model.',
      resolve: (of) => of.epssModel,
    }),
  }),
})
const KevAssertion = builder.objectRef<Tables['kevAssertions']>('KevAssertion').implement({
  needs: 'inherited',
  description: 'Somebody says that a weakness is exploited.',
  fields: (t) => ({
    asserter: t.exposeString('asserter', { description: 'Who says so, such as CISA.' }),
    dateAdded: t.exposeString('dateAdded'),
    dueDate: t.exposeString('dueDate', { nullable: true, description: 'By when they want it gone.' }),
    ransomware: t.exposeBoolean('ransomware', { description: 'Whether ransomware is known to use it.' }),
    notes: t.exposeString('notes', { nullable: true }),
  }),
})
const Kev = builder.objectRef<intel.Intel>('Kev').implement({
  needs: 'inherited',
  description: 'Whether a weakness is on lists of what is exploited.',
  fields: (t) => ({
    listed: t.boolean({ resolve: (of) => of.kevListed ?? false }),
    dateAdded: t.string({ nullable: true, description: 'The first.', resolve: (of) => of.kevAdded }),
    dueDate: t.string({ nullable: true, description: 'The first.', resolve: (of) => of.kevDue }),
    ransomware: t.boolean({ resolve: (of) => of.ransomware ?? false }),
    assertions: t.field({
      type: [KevAssertion],
      listSize: { assumedSize: 3 },
      resolve: (of) => of.assertions,
    }),
  }),
})

const Advisory = builder.objectRef<Known>('Advisory').implement({
  needs: 'inherited',
  description: 'What is known of a weakness, wherever it is found.',
  fields: (t) => ({
    aliases: t.stringList({
      description: 'Every name that the reports of the organization give to it.',
      resolve: async ({ row }, _args, context) => {
        const [name] = namesOf(row)
        const batch = (names: readonly string[]) => context.tenant((trx) => namesKnown(trx, names))
        const known = name ? await load(context.loaders, 'names', name, batch) : null
        return [...new Set([...row.aliases, ...(known ?? [])])]
      },
    }),
    cwes: t.stringList({ resolve: ({ row }) => row.cwes }),
    cvss: t.field({ type: [CvssRating], listSize: { assumedSize: 3 }, resolve: ({ row }) => row.cvss }),
    fixedVersions: t.stringList({ resolve: ({ row }) => row.fixedVersions }),
    epss: t.field({
      type: Epss,
      nullable: true,
      description: 'Null where nobody has estimated it, which does not say that it is unlikely.',
      resolve: ({ intel: known }) => (known?.epss == null ? null : known),
    }),
    kev: t.field({
      type: Kev,
      nullable: true,
      description: 'Null where no list was ever loaded, or the weakness has no CVE id.',
      resolve: ({ intel: known }) => (known?.kevKnown ? known : null),
    }),
  }),
})

builder.objectFields(Vulnerability, (t) => ({
  advisory: t.field({
    type: Advisory,
    description: 'What the world knows of its weakness.',
    resolve: async (row, _args, context) => {
      const batch = (ids: readonly string[]) => context.tenant((trx) => intel.of(trx, ids))
      const known = row.cveId ? await load(context.loaders, 'intel', row.cveId, batch) : null
      return { row, intel: known ?? null }
    },
  }),
}))

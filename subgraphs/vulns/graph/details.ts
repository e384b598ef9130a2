import { screaming } from '#kit/builder.ts'
import {
  type Component,
  type Cvss,
  kinds,
  type Location,
  presences,
  resolutions,
  statuses,
} from '../tables.ts'
import { builder, lists } from './builder.ts'

export const Severity = lists.severity()
export const VulnerabilityStatus = builder.enumType('VulnerabilityStatus', {
  description: 'Where a finding stands; an accepted risk is still open risk.',
  values: screaming(statuses),
})
export const Presence = builder.enumType('Presence', {
  description: 'Whether any scan sees the finding now, whatever people have said of it.',
  values: screaming(presences),
})
export const Resolution = builder.enumType('VulnerabilityResolution', {
  description: 'How a finding came to its end.',
  values: screaming(resolutions),
})
export const FindingKind = builder.enumType('FindingKind', {
  description: 'What kind of weakness was found.',
  values: screaming(kinds),
})

export const CvssRating = builder.objectRef<Cvss>('CvssRating').implement({
  needs: 'inherited',
  description: 'One rating of a weakness; its score is computed from its vector.',
  fields: (t) => ({
    version: t.exposeString('version'),
    vector: t.exposeString('vector'),
    score: t.exposeFloat('score'),
    source: t.exposeString('source', { description: 'Who rated it.' }),
  }),
})
export const VulnerableComponent = builder.objectRef<Component>('VulnerableComponent').implement({
  needs: 'inherited',
  description: 'The package that has the weakness.',
  fields: (t) => ({
    name: t.exposeString('name'),
    version: t.exposeString('version', { nullable: true }),
    purl: t.exposeString('purl', { nullable: true, description: 'Package URL.' }),
    path: t.exposeString('path', { nullable: true, description: 'Where it is installed or declared.' }),
  }),
})
export const FindingLocation = builder.objectRef<Location>('FindingLocation').implement({
  needs: 'inherited',
  description: 'Where in a source tree the weakness is.',
  fields: (t) => ({
    path: t.exposeString('path'),
    line: t.exposeInt('line', { nullable: true, description: 'From 1.' }),
  }),
})

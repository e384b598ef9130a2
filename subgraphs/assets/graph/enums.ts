import { screaming } from '#kit/builder.ts'
import { classifications, criticalities, environments, exposures, lifecycles, types } from '../tables.ts'
import { builder } from './builder.ts'

export const AssetType = builder.enumType('AssetType', {
  description: 'What kind of thing an asset is.',
  values: screaming(types),
})
export const Environment = builder.enumType('Environment', {
  description: 'Where an asset runs.',
  values: screaming(environments),
})
export const Criticality = builder.enumType('Criticality', {
  description: 'How much the organization depends on an asset; UNKNOWN until somebody has said.',
  values: screaming(criticalities),
})
export const Exposure = builder.enumType('Exposure', {
  description: 'From where an asset can be reached.',
  values: screaming(exposures),
})
export const DataClassification = builder.enumType('DataClassification', {
  description: 'The most sensitive data that an asset holds.',
  values: screaming(classifications),
})
export const Lifecycle = builder.enumType('Lifecycle', {
  description: 'ACTIVE while sources see it, STALE when they no longer do, RETIRED when it is gone.',
  values: screaming(lifecycles),
})

import { addMetricFields } from '#kit/metric/field.ts'
import { spec } from '../model/connector.ts'
import { metrics } from '../model/connector-metric.ts'
import { builder } from './builder.ts'

addMetricFields(builder, 'connector', 'integrations:read', metrics, () => spec)

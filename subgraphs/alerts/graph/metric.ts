import { addMetricFields } from '#kit/metric/field.ts'
import { spec } from '../model/alert.ts'
import { metrics } from '../model/metric.ts'
import { builder } from './builder.ts'

addMetricFields(builder, 'alert', 'alerts:read', metrics, () => spec)

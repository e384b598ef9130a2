import { addMetricFields } from '#kit/metric/field.ts'
import { specAt } from '../model/alert.ts'
import { daily } from '../model/daily.ts'
import { metrics } from '../model/metric.ts'
import { builder } from './builder.ts'

addMetricFields(builder, 'alert', 'alerts:read', metrics, (context) => specAt(context.clock()), daily)

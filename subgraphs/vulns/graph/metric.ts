import { addMetricFields } from '#kit/metric/field.ts'
import { daily } from '../model/daily.ts'
import { metrics } from '../model/metric.ts'
import { specAt } from '../model/vulnerability.ts'
import { builder } from './builder.ts'

addMetricFields(
  builder,
  'vulnerability',
  'vulnerabilities:read',
  metrics,
  (context) => specAt(context.clock()),
  daily,
)

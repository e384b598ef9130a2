import { addMetricFields } from '#kit/metric/field.ts'
import { specAt, staleBefore } from '../model/asset.ts'
import { metrics } from '../model/metric.ts'
import { builder } from './builder.ts'

addMetricFields(builder, 'asset', 'assets:read', metrics, (context) => specAt(staleBefore(context)))

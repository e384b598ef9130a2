import { subgraphOptions } from '#kit/builder.ts'
import { builder } from './builder.ts'
import './vulnerability.ts'
import './asset.ts'
import './stats.ts'
import './ingest.ts'
import './metric.ts'

export const schema = builder.toSubGraphSchema(subgraphOptions)

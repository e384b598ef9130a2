import { subgraphOptions } from '#kit/builder.ts'
import { builder } from './builder.ts'
import './asset.ts'
import './stats.ts'
import './ingest.ts'
import './metric.ts'
import './tag.ts'
import './group.ts'
import './covered.ts'

export const schema = builder.toSubGraphSchema(subgraphOptions)

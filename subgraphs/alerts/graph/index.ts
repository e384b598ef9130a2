import { subgraphOptions } from '#kit/builder.ts'
import { builder } from './builder.ts'
import './acknowledge.ts'
import './alert.ts'
import './asset.ts'
import './stats.ts'

export const schema = builder.toSubGraphSchema(subgraphOptions)

import { subgraphOptions } from '#kit/builder.ts'
import { builder } from './builder.ts'
import './connector.ts'
import './import-run.ts'
import './operation.ts'

export const schema = builder.toSubGraphSchema(subgraphOptions)

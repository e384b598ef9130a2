import { subgraphOptions } from '#kit/builder.ts'
import { builder } from './builder.ts'
import './connector.ts'
import './credentials.ts'
import './import-run.ts'
import './operation.ts'
import './reseal.ts'

export const schema = builder.toSubGraphSchema(subgraphOptions)

import { subgraphOptions } from '#kit/builder.ts'
import { builder } from './builder.ts'
import './framework.ts'
import './control.ts'

export const schema = builder.toSubGraphSchema(subgraphOptions)

import { subgraphOptions } from '#kit/builder.ts'
import { addPersonField } from '#kit/people.ts'
import { people } from '../people.ts'
import { builder } from './builder.ts'
import './acknowledge.ts'
import './alert.ts'
import './asset.ts'
import './metric.ts'
import './stats.ts'

addPersonField(builder, 'alerts', people)

export const schema = builder.toSubGraphSchema(subgraphOptions)

import { subgraphOptions } from '#kit/builder.ts'
import { addPersonField } from '#kit/people.ts'
import { people } from '../people.ts'
import { builder } from './builder.ts'
import './connector.ts'
import './connector-metric.ts'
import './credentials.ts'
import './import-run.ts'
import './metric.ts'
import './operation.ts'
import './reseal.ts'
import './revert.ts'
import './saved-metric.ts'
import './search.ts'

addPersonField(builder, 'integrations', people)

export const schema = builder.toSubGraphSchema(subgraphOptions)

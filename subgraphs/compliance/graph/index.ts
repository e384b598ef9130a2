import { subgraphOptions } from '#kit/builder.ts'
import { addPersonField } from '#kit/people.ts'
import { people } from '../people.ts'
import { builder } from './builder.ts'
import './framework.ts'
import './control.ts'
import './check-result.ts'
import './posture.ts'
import './asset.ts'
import './ingest.ts'
import './report.ts'

addPersonField(builder, 'compliance', people)

export const schema = builder.toSubGraphSchema(subgraphOptions)

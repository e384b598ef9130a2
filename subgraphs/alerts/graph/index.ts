import { subgraphOptions } from '#kit/builder.ts'
import { addPersonField } from '#kit/people.ts'
import { people } from '../people.ts'
import { builder } from './builder.ts'
import './alert.ts'
import './asset.ts'
import './metric.ts'
import './assign.ts'
import './bulk.ts'
import './changed.ts'
import './comment.ts'
import './create.ts'
import './incident.ts'
import './incident-change.ts'
import './ingest.ts'
import './recurrence.ts'
import './stats.ts'
import './suppression.ts'
import './timeline.ts'
import './transition.ts'

addPersonField(builder, 'alerts', people)

export const schema = builder.toSubGraphSchema(subgraphOptions)

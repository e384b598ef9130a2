import { subgraphOptions } from '#kit/builder.ts'
import { addPersonField } from '#kit/people.ts'
import { people } from '../people.ts'
import { builder } from './builder.ts'
import './asset.ts'
import './bulk.ts'
import './stats.ts'
import './ingest.ts'
import './metric.ts'
import './tag.ts'
import './group.ts'
import './covered.ts'
import './care.ts'
import './risk.ts'
import './identity.ts'
import './merge.ts'
import './place.ts'
import './doubt.ts'

addPersonField(builder, 'assets', people)

export const schema = builder.toSubGraphSchema(subgraphOptions)

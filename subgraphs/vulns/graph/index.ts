import { subgraphOptions } from '#kit/builder.ts'
import { addPersonField } from '#kit/people.ts'
import { people } from '../people.ts'
import { builder } from './builder.ts'
import './vulnerability.ts'
import './acceptance.ts'
import './accepting.ts'
import './advisory.ts'
import './asset.ts'
import './changed.ts'
import './cvss.ts'
import './bulk.ts'
import './stats.ts'
import './history.ts'
import './ingest.ts'
import './risk.ts'
import './sla.ts'
import './split.ts'
import './triage.ts'
import './vex.ts'

addPersonField(builder, 'vulns', people)

import './metric.ts'

export const schema = builder.toSubGraphSchema(subgraphOptions)

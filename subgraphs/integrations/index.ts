import { defineSubgraph } from '#kit/subgraph.ts'
import { schema } from './graph/index.ts'
import { jobs } from './jobs.ts'
import { migrations } from './migrations/index.ts'
import { people } from './people.ts'
import { sealed } from './sealed.ts'

export const integrations = defineSubgraph({ name: 'integrations', schema, migrations, people, sealed, jobs })

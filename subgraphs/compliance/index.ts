import { defineSubgraph } from '#kit/subgraph.ts'
import { schema } from './graph/index.ts'
import { jobs } from './jobs.ts'
import { migrations } from './migrations/index.ts'
import { people } from './people.ts'

export const compliance = defineSubgraph({ name: 'compliance', schema, migrations, people, jobs })

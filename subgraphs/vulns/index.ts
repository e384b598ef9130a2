import { defineSubgraph } from '#kit/subgraph.ts'
import { schema } from './graph/index.ts'
import { jobs } from './jobs.ts'
import { migrations } from './migrations/index.ts'
import { people } from './people.ts'
import { rounds } from './rounds.ts'
import { seed } from './seed.ts'

export const vulns = defineSubgraph({ name: 'vulns', schema, migrations, jobs, rounds, people, seed })

import { defineSubgraph } from '#kit/subgraph.ts'
import { schema } from './graph/index.ts'
import { jobs } from './jobs.ts'
import { migrations } from './migrations/index.ts'
import { people } from './people.ts'
import { rounds } from './rounds.ts'
import { seed } from './seed.ts'

export const assets = defineSubgraph({ name: 'assets', schema, migrations, jobs, people, rounds, seed })

import { defineSubgraph } from '#kit/subgraph.ts'
import { schema } from './graph/index.ts'
import { migrations } from './migrations/index.ts'
import { seed } from './seed.ts'

export const identity = defineSubgraph({ name: 'identity', schema, migrations, seed })

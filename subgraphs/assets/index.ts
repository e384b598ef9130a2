import { defineSubgraph } from '#kit/subgraph.ts'
import { schema } from './graph/index.ts'
import { migrations } from './migrations/index.ts'
import { seed } from './seed.ts'

export const assets = defineSubgraph({ name: 'assets', schema, migrations, seed })

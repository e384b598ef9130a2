import { defineSubgraph } from '#kit/subgraph.ts'
import { schema } from './graph/index.ts'
import { migrations } from './migrations/index.ts'

export const compliance = defineSubgraph({ name: 'compliance', schema, migrations })

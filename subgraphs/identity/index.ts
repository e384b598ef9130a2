import { defineSubgraph } from '#kit/subgraph.ts'
import { schema } from './graph/index.ts'
import { jobs } from './jobs.ts'
import { migrations } from './migrations/index.ts'
import { forgetAgain } from './model/person.ts'
import { people } from './people.ts'
import { sealed } from './sealed.ts'
import { seed } from './seed.ts'

export const identity = defineSubgraph({
  name: 'identity',
  schema,
  migrations,
  people,
  forgetAgain,
  jobs,
  sealed,
  seed,
})

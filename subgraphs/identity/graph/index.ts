import { subgraphOptions } from '#kit/builder.ts'
import { builder } from './builder.ts'
import './organization.ts'
import './user.ts'
import './sign-in.ts'
import './second-step.ts'
import './session.ts'
import './factors.ts'
import './enrolment.ts'
import './proof.ts'
import './membership.ts'
import './api-key.ts'

export const schema = builder.toSubGraphSchema(subgraphOptions)

import { subgraphOptions } from '#kit/builder.ts'
import { builder } from './builder.ts'
import './organization.ts'
import './user.ts'
import './sign-in.ts'
import './session.ts'
import './membership.ts'
import './api-key.ts'
import './audit-event.ts'

export const schema = builder.toSubGraphSchema(subgraphOptions)

import { pointer } from '#kit/refs.ts'
import { builder } from './builder.ts'

export const Organization = pointer(builder, 'Organization')
export const User = pointer(builder, 'User')
export const Team = pointer(builder, 'Team')

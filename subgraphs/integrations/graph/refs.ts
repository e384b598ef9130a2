import { pointer } from '#kit/refs.ts'
import { builder } from './builder.ts'

export const Asset = pointer(builder, 'Asset')
export const User = pointer(builder, 'User')
export const Vulnerability = pointer(builder, 'Vulnerability')

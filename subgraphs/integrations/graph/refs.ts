import { pointer } from '#kit/refs.ts'
import { builder } from './builder.ts'

export const Alert = pointer(builder, 'Alert')
export const Asset = pointer(builder, 'Asset')
export const User = pointer(builder, 'User')
export const Vulnerability = pointer(builder, 'Vulnerability')

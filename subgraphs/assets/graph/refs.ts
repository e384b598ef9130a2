import { pointer } from '#kit/refs.ts'
import { builder } from './builder.ts'

export const Organization = pointer(builder, 'Organization')

import { pointer } from '#kit/refs.ts'
import { builder } from './builder.ts'

export const Organization = pointer(builder, 'Organization')
export const User = pointer(builder, 'User')
export const Vulnerability = pointer(builder, 'Vulnerability')

/** Extended in `asset.ts`. */
export const Asset = builder.externalRef('Asset', builder.selection<{ id: string }>('id'))

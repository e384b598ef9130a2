import { pointer } from '#kit/refs.ts'
import { builder } from './builder.ts'

/** Extended in `asset.ts`. */
export const Asset = builder.externalRef('Asset', builder.selection<{ id: string }>('id'))
export const Operation = pointer(builder, 'Operation')
export const User = pointer(builder, 'User')

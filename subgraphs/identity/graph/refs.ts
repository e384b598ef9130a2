import { pointer } from '#kit/refs.ts'
import { builder } from './builder.ts'

export const AssetGroup = pointer(builder, 'AssetGroup')
export const Operation = pointer(builder, 'Operation')

import { createBuilder } from '#kit/builder.ts'
import { listTypes } from '#kit/connection.ts'
import type { Tables } from '../tables.ts'

export const builder = createBuilder<Tables>()
export const lists = listTypes(builder)

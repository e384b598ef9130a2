import { builder } from './builder.ts'

/** Extended in `asset.ts`. */
export const Asset = builder.externalRef('Asset', builder.selection<{ id: string }>('id'))

import { members, type Row } from '../words.ts'

/** A route that everybody of an organization reads. */
export const read = (resource: string): Row => ({ may: members, key: `${resource}:read` })

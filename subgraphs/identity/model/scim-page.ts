import type { Resource } from './scim-resource.ts'

/** What a list of SCIM asks for: counted from 1. */
export type ScimQuestion = { filter?: string | null | undefined; startIndex: number; count: number }
export type ScimPage = { totalResults: number; resources: Resource[] }

export const mostShown = 200

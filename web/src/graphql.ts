import { initGraphQLTada } from 'gql.tada'
import type { introspection } from './graphql-env.d.ts'

/** A GraphQL document whose result and variables have the types of the schema. */
export const graphql = initGraphQLTada<{
  introspection: introspection
  scalars: { DateTime: string; JSON: unknown }
  disableMasking: true
}>()

export type Severity = ReturnType<typeof graphql.scalar<'Severity'>>
export type AlertStatus = ReturnType<typeof graphql.scalar<'AlertStatus'>>
export type VulnerabilityStatus = ReturnType<typeof graphql.scalar<'VulnerabilityStatus'>>
export type AssetType = ReturnType<typeof graphql.scalar<'AssetType'>>
export type Criticality = ReturnType<typeof graphql.scalar<'Criticality'>>
export type ControlStatus = ReturnType<typeof graphql.scalar<'ControlStatus'>>
export type CheckOutcome = ReturnType<typeof graphql.scalar<'CheckOutcome'>>
export type { ResultOf, VariablesOf } from 'gql.tada'

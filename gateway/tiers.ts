import type { Tier, Viewer } from '#kit/viewer.ts'

/**
 * What one operation may cost at most. The page, the REST doors and the command cost at most half of what their
 * callers may spend, at their largest page.
 */
export const mostCosts: Readonly<Record<Tier | 'anonymous', number>> = {
  anonymous: 1_000,
  standard: 25_000,
  enterprise: 100_000,
  internal: 500_000,
}

/** People are `standard`; a key has the tier that it was given. */
export const mostCostOf = (viewer: Viewer): number =>
  mostCosts[viewer.kind === 'anonymous' ? 'anonymous' : (viewer.tier ?? 'standard')]

/** Mutations that let somebody in: one document tries once, whatever it calls its fields. */
export const oncePerDocument: ReadonlySet<string> = new Set([
  'signIn',
  'completeSignIn',
  'startPasskeySignIn',
  'signInWithPasskey',
  'refreshSession',
  'setPassword',
  'changePassword',
  'proveYourself',
  'startPasskeyProof',
  'startTotp',
  'confirmTotp',
  'removeTotp',
  'startPasskey',
  'addPasskey',
  'renewRecoveryCodes',
  'acceptInvitation',
  'startSingleSignOn',
  'completeSingleSignOn',
])

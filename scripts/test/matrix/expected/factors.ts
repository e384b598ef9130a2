/** How people prove who they are: of oneself, and so of no key. */
import { anyone, type Expected, givesViewer, managers, members, type Row } from '../words.ts'

const own: Row = { may: members, key: 'no' }
const open: Row = { may: anyone, key: 'any' }
/** What is shown is nobody's. */
export const unproven = {
  challenge: ['It has taken too long; sign in again'],
  code: ['That is not the code'],
  passkey: ['The passkey was not accepted'],
  entry: ['The passkey is not known here, or was not asked for'],
  input: ['Invalid request parameters'],
}

export const factors = {
  query: { secondFactors: own },
  mutation: {
    completeSignIn: {
      ...open,
      ask: '(input: { challenge: "none", code: "000000" })',
      past: unproven.challenge,
    },
    startPasskeySignIn: { ...open, ask: '(input: {})' },
    signInWithPasskey: { ...open, ask: '(input: { passkey: {} })', past: unproven.entry },
    // With the challenge of a sign-in these four are open; without one they are of who has signed in.
    startTotp: { ...own, ask: '(input: {})' },
    confirmTotp: { ...own, ask: '(input: { code: "000000" })', past: unproven.code },
    startPasskey: { ...own, ask: '(input: {})' },
    addPasskey: { ...own, ask: '(input: { name: "$text", passkey: {} })', past: unproven.passkey },
    removeTotp: { ...own, ask: '(input: { password: "none" })' },
    removePasskey: { ...own, ask: '(input: { id: "$upload" })' },
    renewRecoveryCodes: own,
    proveYourself: { ...own, ask: '(input: {})' },
    startPasskeyProof: own,
    changePassword: { ...own, ask: '(input: { current: "none", new: "short" })' },
    startPasswordReset: { may: managers, key: givesViewer, ask: '(input: { userId: "$user" })' },
    resetSecondFactors: { may: managers, key: givesViewer, ask: '(input: { userId: "$user" })' },
  },
  types: {
    Passkey: own,
    SecondFactors: own,
    AddPasskeyPayload: 'part',
    ChangePasswordPayload: 'part',
    PasskeyOptionsPayload: 'part',
    ProveYourselfPayload: 'part',
    RecoveryCodesPayload: 'part',
    RemovedFactorPayload: 'part',
    ResetSecondFactorsPayload: 'part',
    StartPasswordResetPayload: 'part',
    StartTotpPayload: 'part',
  },
} satisfies Expected

import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { deviceOf } from '../session.ts'
import { kept, type Shown, tokens, told } from './auth.ts'
import { type Fields, type Route, route } from './route.ts'

const passkey = z.looseObject({})
const code = z.string('Must be given').max(20)
const recoveryCode = z.string().max(50)
const challenge = z.string().max(100)
const enrolling = z.strictObject({ challenge: challenge.optional() })
const second = {
  code: code.optional(),
  recoveryCode: recoveryCode.optional(),
  passkey: passkey.optional(),
}

type Device = (headers: IncomingHttpHeaders) => Fields
const unknown: Device = () => ({})
const browser: Device = (headers) => ({ deviceToken: deviceOf(headers), rememberDevice: true })

const complete = (path: string, shown: Shown, device: Device): Route =>
  route({
    method: 'POST',
    path,
    open: true,
    operation: `mutation CompleteLogin($input: CompleteSignInInput!) { completeSignIn(input: $input) { ${tokens} } }`,
    body: z.strictObject({ challenge: z.string('Must be given').max(100), ...second }),
    variables: ({ body }, { headers }) => ({ input: { ...body, ...device(headers) } }),
    ...shown,
  })

const enter = (path: string, shown: Shown, device: Device): Route =>
  route({
    method: 'POST',
    path,
    open: true,
    operation: `mutation PasskeyLogin($input: SignInWithPasskeyInput!) {
      signInWithPasskey(input: $input) { ${tokens} }
    }`,
    body: z.strictObject({ passkey, organization: z.string().max(100).optional() }),
    variables: ({ body }, { headers }) => ({ input: { ...body, ...device(headers) } }),
    ...shown,
  })

const signingIn = (): Route[] => [
  complete('/auth/login/complete', told, unknown),
  complete('/auth/session/complete', kept, browser),
  route({
    method: 'POST',
    path: '/auth/passkeys/options',
    open: true,
    operation: `mutation PasskeyLoginOptions($input: StartPasskeySignInInput!) {
      startPasskeySignIn(input: $input) { options }
    }`,
    body: enrolling,
    variables: ({ body }) => ({ input: body }),
    data: ({ startPasskeySignIn }) => (startPasskeySignIn as Fields).options,
  }),
  enter('/auth/passkeys', told, unknown),
  enter('/auth/session/passkey', kept, browser),
]

const recoveryCodes = (answer: Fields) => {
  const [payload] = Object.values(answer) as { recovery_codes: string[] | null }[]
  return { recoveryCodes: payload!.recovery_codes }
}
const shown = 'id name backedUp createdAt lastUsedAt'

const settingUp = (): Route[] => [
  route({
    method: 'GET',
    path: '/auth/factors',
    needs: 'signedIn',
    operation: `query SecondFactors {
      secondFactors { enabled required totpEnabledAt recoveryCodesLeft passkeys { ${shown} } }
    }`,
    data: ({ secondFactors }) => secondFactors,
  }),
  route({
    method: 'POST',
    path: '/auth/totp',
    open: true,
    operation: 'mutation StartTotp($input: StartTotpInput!) { startTotp(input: $input) { secret url } }',
    body: enrolling,
    variables: ({ body }) => ({ input: body }),
    data: ({ startTotp }) => startTotp,
  }),
  route({
    method: 'POST',
    path: '/auth/totp/confirm',
    open: true,
    operation:
      'mutation ConfirmTotp($input: ConfirmTotpInput!) { confirmTotp(input: $input) { recoveryCodes } }',
    body: enrolling.extend({ code }),
    variables: ({ body }) => ({ input: body }),
    data: recoveryCodes,
  }),
  route({
    method: 'POST',
    path: '/auth/totp/remove',
    needs: 'signedIn',
    operation: 'mutation RemoveTotp($input: RemoveTotpInput!) { removeTotp(input: $input) { removed } }',
    body: z.strictObject({
      password: z.string('Must be given').max(1_000),
      code: second.code,
      recoveryCode: second.recoveryCode,
    }),
    variables: ({ body }) => ({ input: body }),
    data: ({ removeTotp }) => removeTotp,
  }),
  route({
    method: 'POST',
    path: '/auth/passkeys/registration',
    open: true,
    operation:
      'mutation StartPasskey($input: StartPasskeyInput!) { startPasskey(input: $input) { options } }',
    body: enrolling,
    variables: ({ body }) => ({ input: body }),
    data: ({ startPasskey }) => (startPasskey as Fields).options,
  }),
  route({
    method: 'POST',
    path: '/auth/passkeys/registration/complete',
    open: true,
    status: 201,
    operation: `mutation AddPasskey($input: AddPasskeyInput!) {
      addPasskey(input: $input) { passkey { ${shown} } recoveryCodes }
    }`,
    body: enrolling.extend({ name: z.string('Must be given').max(100), passkey }),
    variables: ({ body }) => ({ input: body }),
    data: (answer) => ({ ...(answer.addPasskey as { passkey: Fields }).passkey, ...recoveryCodes(answer) }),
  }),
  route({
    method: 'DELETE',
    path: '/auth/passkeys/:id',
    needs: 'signedIn',
    operation:
      'mutation RemovePasskey($input: RemovePasskeyInput!) { removePasskey(input: $input) { removed } }',
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: ({ removePasskey }) => removePasskey,
  }),
  route({
    method: 'POST',
    path: '/auth/recovery-codes',
    needs: 'signedIn',
    operation: 'mutation RenewRecoveryCodes { renewRecoveryCodes { recoveryCodes } }',
    data: recoveryCodes,
  }),
]

const proving = (): Route[] => [
  route({
    method: 'POST',
    path: '/auth/proof',
    needs: 'signedIn',
    operation: `mutation ProveYourself($input: ProveYourselfInput!) {
      proveYourself(input: $input) { provedUntil }
    }`,
    body: z.strictObject({ password: z.string().max(1_000).optional(), ...second }),
    variables: ({ body }) => ({ input: body }),
    data: ({ proveYourself }) => proveYourself,
  }),
  route({
    method: 'POST',
    path: '/auth/proof/options',
    needs: 'signedIn',
    operation: 'mutation PasskeyProofOptions { startPasskeyProof { options } }',
    data: ({ startPasskeyProof }) => (startPasskeyProof as Fields).options,
  }),
  route({
    method: 'PUT',
    path: '/auth/password',
    needs: 'signedIn',
    operation: `mutation ChangePassword($input: ChangePasswordInput!) {
      changePassword(input: $input) { endedSessions }
    }`,
    body: z.strictObject({
      current: z.string('Must be given').max(1_000),
      new: z.string('Must be given').max(1_000),
    }),
    variables: ({ body }) => ({ input: body }),
    data: ({ changePassword }) => changePassword,
  }),
  route({
    method: 'POST',
    path: '/users/:id/reset-second-factors',
    needs: 'users:write',
    operation: `mutation ResetSecondFactors($input: ResetSecondFactorsInput!) {
      resetSecondFactors(input: $input) { user { id email name role disabledAt } }
    }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { userId: id } }),
    data: ({ resetSecondFactors }) => (resetSecondFactors as Fields).user,
  }),
]

export const factors = (): Route[] => [...signingIn(), ...settingUp(), ...proving()]

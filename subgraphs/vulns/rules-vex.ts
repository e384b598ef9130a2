/** What findings are called in VEX, and what VEX says of findings. */
import type { Justification, Resolution, Status, VulnerabilityRow } from './tables.ts'

export const vexFormats = ['openvex', 'cyclonedx'] as const
export type VexFormat = (typeof vexFormats)[number]

/** Of one finding, in the words of this house. */
export type Word = {
  status: Status
  justification: Justification | null
  resolution: Resolution | null
}

export const openvexStatuses = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const
export const openvexJustifications = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const
export type OpenvexStatus = (typeof openvexStatuses)[number]
export type OpenvexJustification = (typeof openvexJustifications)[number]
export type OpenvexWord = { status: OpenvexStatus; justification: OpenvexJustification | null }

export const cyclonedxStates = [
  'resolved',
  'resolved_with_pedigree',
  'exploitable',
  'in_triage',
  'false_positive',
  'not_affected',
] as const
export const cyclonedxResponses = [
  'can_not_fix',
  'will_not_fix',
  'update',
  'rollback',
  'workaround_available',
] as const
export type CyclonedxState = (typeof cyclonedxStates)[number]
export type CyclonedxWord = {
  state: CyclonedxState
  justification: Justification | null
  response: (typeof cyclonedxResponses)[number][]
}

const outward: Readonly<Record<Justification, OpenvexJustification>> = {
  code_not_present: 'vulnerable_code_not_present',
  code_not_reachable: 'vulnerable_code_not_in_execute_path',
  requires_configuration: 'vulnerable_code_cannot_be_controlled_by_adversary',
  requires_dependency: 'component_not_present',
  requires_environment: 'vulnerable_code_cannot_be_controlled_by_adversary',
  protected_by_compiler: 'inline_mitigations_already_exist',
  protected_at_runtime: 'inline_mitigations_already_exist',
  protected_at_perimeter: 'inline_mitigations_already_exist',
  protected_by_mitigating_control: 'inline_mitigations_already_exist',
}
const inward: Readonly<Record<OpenvexJustification, Justification>> = {
  component_not_present: 'code_not_present',
  vulnerable_code_not_present: 'code_not_present',
  vulnerable_code_not_in_execute_path: 'code_not_reachable',
  vulnerable_code_cannot_be_controlled_by_adversary: 'requires_environment',
  inline_mitigations_already_exist: 'protected_by_mitigating_control',
}

/**
 * OpenVEX knows no false positive: it is not affected, for the reason that is given in words. What is mitigated still
 * has the weakness, so that it is not fixed either.
 */
export function openvexOf({ status, justification, resolution }: Word): OpenvexWord {
  if (status === 'not_affected') return { status: 'not_affected', justification: outward[justification!] }
  if (status === 'false_positive') return { status: 'not_affected', justification: null }
  if (status === 'open') return { status: 'under_investigation', justification: null }
  if (status !== 'resolved') return { status: 'affected', justification: null }
  if (resolution === 'mitigated')
    return { status: 'not_affected', justification: 'inline_mitigations_already_exist' }
  if (resolution === 'asset_retired')
    return { status: 'not_affected', justification: 'component_not_present' }
  return resolution === 'withdrawn'
    ? { status: 'not_affected', justification: null }
    : { status: 'fixed', justification: null }
}

export function cyclonedxOf({ status, justification, resolution }: Word): CyclonedxWord {
  const none = { justification: null, response: [] }
  if (status === 'not_affected') return { ...none, state: 'not_affected', justification }
  if (status === 'false_positive') return { ...none, state: 'false_positive' }
  if (status === 'open') return { ...none, state: 'in_triage' }
  if (status === 'resolved') {
    const how = resolution === 'fixed' ? 'update' : 'workaround_available'
    return { ...none, state: 'resolved', response: resolution === 'withdrawn' ? [] : [how] }
  }
  if (status === 'risk_accepted') return { ...none, state: 'exploitable', response: ['will_not_fix'] }
  return { ...none, state: 'exploitable', response: status === 'in_remediation' ? ['update'] : [] }
}

/** What a statement says in the words of this house; a message where it does not say enough. */
export type Understood = { word: Word; unclear?: never } | { word?: never; unclear: string }

const plain = (status: Status, rest: Partial<Word> = {}): Understood => ({
  word: { status, justification: null, resolution: status === 'resolved' ? 'fixed' : null, ...rest },
})

/** What we have said ourselves stands beside a statement; it counts where it comes to the same. */
export function fromOpenvex(said: OpenvexWord, ours: Word | null): Understood {
  if (ours) {
    const again = openvexOf(ours)
    if (again.status === said.status && again.justification === said.justification) return { word: ours }
  }
  if (said.status === 'affected') return plain('confirmed')
  if (said.status === 'fixed') return plain('resolved')
  if (said.status === 'under_investigation') return plain('open')
  if (said.justification) return plain('not_affected', { justification: inward[said.justification] })
  return { unclear: 'Says NOT_AFFECTED without a justification' }
}

export function fromCyclonedx(
  said: Pick<CyclonedxWord, 'state' | 'justification'>,
  ours: Word | null,
): Understood {
  if (ours) {
    const again = cyclonedxOf(ours)
    if (again.state === said.state && again.justification === said.justification) return { word: ours }
  }
  if (said.state === 'exploitable') return plain('confirmed')
  if (said.state === 'in_triage') return plain('open')
  if (said.state === 'false_positive') return plain('false_positive')
  if (said.state !== 'not_affected') return plain('resolved')
  if (said.justification) return plain('not_affected', { justification: said.justification })
  return { unclear: 'Says NOT_AFFECTED without a justification' }
}

type Now = Pick<VulnerabilityRow, 'justification'> & { status: Status }

/**
 * Whether a finding stands where a word would move it. That somebody looks into it moves nothing: it undoes no
 * verdict. Who works on what is affected, or lives with it, has said as much.
 */
export function isSaid({ status, justification }: Now, word: Word): boolean {
  if (word.status === 'open') return true
  if (['confirmed', 'in_remediation', 'risk_accepted'].includes(word.status))
    return ['confirmed', 'in_remediation', 'risk_accepted'].includes(status)
  if (word.status !== status) return false
  return status !== 'not_affected' || justification === word.justification
}

/** The step that a word asks for: what takes a person, a ticket or two people is only confirmed. */
export const stepOf = (
  word: Word,
): { to: Status; justification: Justification | null; resolution: Resolution | null } => {
  const to = word.status === 'in_remediation' || word.status === 'risk_accepted' ? 'confirmed' : word.status
  const resolution = to === 'resolved' ? (word.resolution === 'fixed' ? 'fixed' : 'mitigated') : null
  return { to, justification: to === 'not_affected' ? word.justification : null, resolution }
}

/** When what a finding says was known to be true. */
export const saidAt = ({
  status,
  statusAt,
  resolvedAt,
  firstSeenAt,
}: Pick<VulnerabilityRow, 'status' | 'statusAt' | 'resolvedAt' | 'firstSeenAt'>): Date =>
  (status === 'resolved' ? resolvedAt : statusAt) ?? firstSeenAt

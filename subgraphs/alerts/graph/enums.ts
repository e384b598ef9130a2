import { screaming } from '#kit/builder.ts'
import { slaStates } from '../rules/sla.ts'
import { confidences, priorities, statuses, verdicts } from '../tables.ts'
import { builder, lists } from './builder.ts'

export const Severity = lists.severity()
export const AlertStatus = builder.enumType('AlertStatus', {
  description: 'Where an alert stands between OPEN and ARCHIVED.',
  values: screaming(statuses),
})
export const AlertVerdict = builder.enumType('AlertVerdict', {
  description: 'What an alert turned out to be, as OCSF verdict_id.',
  values: screaming(verdicts),
})
export const AlertPriority = builder.enumType('AlertPriority', {
  description: 'In which order alerts are worked on, from P1; by its severity until somebody says otherwise.',
  values: screaming(priorities),
})
export const Confidence = builder.enumType('Confidence', {
  description: 'How sure its source is.',
  values: screaming(confidences),
})
export const SlaState = builder.enumType('SlaState', {
  description:
    'How work stands to the time it has: AT_RISK with a fifth or less left, MET or MISSED once it is done, PAUSED while ' +
    'it waits, NONE where there is no due.',
  values: screaming(slaStates),
})

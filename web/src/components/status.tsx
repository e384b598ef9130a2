import {
  Archive,
  BellOff,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CirclePause,
  CircleSlash,
  CircleX,
  Eye,
  type LucideIcon,
  ShieldQuestionMark,
  Timer,
  TriangleAlert,
  Wrench,
} from 'lucide-react'
import type { AlertStatus, CheckOutcome, ControlStatus, VulnerabilityStatus } from '../graphql.ts'
import { label } from '../labels.ts'

type Known = AlertStatus | VulnerabilityStatus | ControlStatus | CheckOutcome
type Tone = 'waiting' | 'working' | 'done' | 'quiet' | 'bad' | 'warned'

const looks: Record<Known, [LucideIcon, Tone]> = {
  OPEN: [CircleDot, 'waiting'],
  ACKNOWLEDGED: [Eye, 'working'],
  IN_PROGRESS: [Timer, 'working'],
  ON_HOLD: [CirclePause, 'quiet'],
  SUPPRESSED: [BellOff, 'quiet'],
  RESOLVED: [CircleCheck, 'done'],
  ARCHIVED: [Archive, 'quiet'],
  CONFIRMED: [TriangleAlert, 'waiting'],
  IN_REMEDIATION: [Wrench, 'working'],
  RISK_ACCEPTED: [ShieldQuestionMark, 'quiet'],
  FALSE_POSITIVE: [CircleX, 'quiet'],
  NOT_AFFECTED: [CircleSlash, 'quiet'],
  PASS: [CircleCheck, 'done'],
  WARN: [TriangleAlert, 'warned'],
  FAIL: [CircleX, 'bad'],
  ERROR: [TriangleAlert, 'bad'],
  NOT_APPLICABLE: [CircleSlash, 'quiet'],
  NOT_ASSESSED: [CircleDashed, 'quiet'],
}

/** Where something stands: a word, and an icon of its own. */
export function StatusTag({ value }: { value: Known }) {
  const [Icon, tone] = looks[value]
  return (
    <span className={`status ${tone}`}>
      <Icon aria-hidden="true" />
      {label(value)}
    </span>
  )
}

import type { AlertRow, AlertStatus } from './tables.ts'

/** Statuses in which an alert still asks for somebody's work. */
export const openStatuses: readonly AlertStatus[] = ['open', 'acknowledged', 'in_progress', 'on_hold']

export const isOpen = (status: AlertStatus): boolean => openStatuses.includes(status)

type Acknowledged = Pick<AlertRow, 'status' | 'acknowledgedAt' | 'assigneeId'>

/**
 * What becomes of an alert when somebody says that they have seen it, or null when its status does not allow
 * it. The first time counts, and who has it keeps it.
 */
export function acknowledgement(
  alert: Acknowledged,
  { by, at }: { by: string; at: Date },
): Acknowledged | null {
  if (alert.status !== 'open') return null
  return {
    status: 'acknowledged',
    acknowledgedAt: alert.acknowledgedAt ?? at,
    assigneeId: alert.assigneeId ?? by,
  }
}

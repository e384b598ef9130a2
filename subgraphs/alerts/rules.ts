import type { AlertStatus } from './tables.ts'

/** Statuses in which an alert still asks for somebody's work. */
export const openStatuses: readonly AlertStatus[] = ['open', 'acknowledged', 'in_progress', 'on_hold']

export const isOpen = (status: AlertStatus): boolean => openStatuses.includes(status)

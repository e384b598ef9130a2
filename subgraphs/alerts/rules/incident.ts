import type { IncidentStatus } from '../tables.ts'

/** Where an incident may go; a closed one is over. */
export const incidentMoves: Readonly<Record<IncidentStatus, readonly IncidentStatus[]>> = {
  open: ['in_progress', 'on_hold', 'resolved'],
  in_progress: ['open', 'on_hold', 'resolved'],
  on_hold: ['in_progress', 'resolved'],
  resolved: ['in_progress', 'closed'],
  closed: [],
}

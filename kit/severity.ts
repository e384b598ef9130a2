/** OCSF severity_id 5 to 0, worst first; `unknown` is a value of its own and never a guess. */
export const severities = ['critical', 'high', 'medium', 'low', 'info', 'unknown'] as const
export type Severity = (typeof severities)[number]

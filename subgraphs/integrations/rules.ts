import type { RunStatus } from './tables.ts'

/** A run whose process has said nothing for this long has died with it. */
export const silenceMs = 60_000

export type Judged = { status: RunStatus; errorCode: string | null; errorMessage: string | null }

/** A run that was cut off is judged when it is read: no job has to find it first. */
export function judge<Run extends Judged & { heartbeatAt: Date }>(run: Run, now: Date): Run {
  const live = run.status === 'queued' || run.status === 'running'
  if (!live || now.getTime() - run.heartbeatAt.getTime() < silenceMs) return run
  return {
    ...run,
    status: 'failed',
    errorCode: 'INTERRUPTED',
    errorMessage: 'The import was cut off before its end; import the file again',
  }
}

/** What a run may close: the same format over the same asset. */
export const scopeOf = (format: string, assetId: string): string => `${format}/${assetId}`

/** The asset that a report is about: the one that was named, else the report's own, else the file's name. */
export const assetNameOf = (named: string | null, reported: string | null, fileName: string): string =>
  (named?.trim() || reported?.trim() || fileName).slice(0, 255)

export function* batches<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}

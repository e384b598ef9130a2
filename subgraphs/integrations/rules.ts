/** What a run may close: what the same tool said, in the same format, of the same asset. */
export const scopeOf = (format: string, tool: string, assetId: string): string =>
  `${format}/${assetId}/${tool}`

/** The asset that a report is about: the one that was named, else the report's own, else the file's name. */
export const assetNameOf = (named: string | null, reported: string | null, fileName: string): string =>
  (named?.trim() || reported?.trim() || fileName).slice(0, 255)

/** How many changes of a preview are kept, and shown at once. */
export const mostPreviewed = 10_000
export const mostShown = 1_000

const shortestHinted = 12

/** What people tell one credential from another by; null for one that is so short that it would tell too much. */
export const hintOf = (credentials: string): string | null =>
  credentials.length < shortestHinted ? null : credentials.slice(-4)

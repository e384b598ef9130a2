/** How many calls may be made again: a part of those that were made, so that retries never multiply a load. */
export type Budget = {
  /** A call is made. */
  earn(): void
  /** Whether it may be made again. */
  spend(): boolean
}

const most = 10
const part = 0.1

/** Starts with 10 retries, and earns one with every tenth call. */
export function createBudget(): Budget {
  let saved = most
  return {
    earn() {
      if (saved < most) saved += part
    },
    spend() {
      if (saved < 1) return false
      saved--
      return true
    },
  }
}

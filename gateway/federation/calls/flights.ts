/** Calls that are under way, to be shared by those who would make the same. */
export type Flights<Answer extends object> = {
  /**
   * Makes a call, or waits for one of the same caller and question. Everyone gets an answer of their own to change.
   */
  share(caller: string, question: string, call: () => Promise<Answer>): Promise<Answer>
  /** Lets nobody join those that are under way: what they find may be older than a change that was just made. */
  close(): void
}

type Flight<Answer> = { passengers: number; landed: Promise<unknown>; copies: Answer[] }

/**
 * @param copyOf makes of an answer one that another may change
 * @param onShared told of each who waits for the call of another
 */
export function createFlights<Answer extends object>(
  copyOf: (answer: Answer) => Answer,
  onShared?: () => void,
): Flights<Answer> {
  const callers = new Map<string, Map<string, Flight<Answer>>>()
  return {
    close: () => callers.clear(),
    share(caller, question, call) {
      const flights = callers.get(caller) ?? new Map<string, Flight<Answer>>()
      const known = flights.get(question)
      if (known) {
        known.passengers++
        onShared?.()
        return known.landed.then(() => known.copies.pop()!)
      }
      const flight: Flight<Answer> = { passengers: 1, landed: Promise.resolve(), copies: [] }
      flights.set(question, flight)
      callers.set(caller, flights)
      const land = () => {
        if (flights.get(question) === flight) flights.delete(question)
        if (flights.size === 0 && callers.get(caller) === flights) callers.delete(caller)
      }
      const answer = call().then(
        (given) => {
          land()
          // All copies are made before anyone has an answer to change.
          for (let copy = 1; copy < flight.passengers; copy++) flight.copies.push(copyOf(given))
          return given
        },
        (error: unknown) => {
          land()
          throw error
        },
      )
      flight.landed = answer
      return answer
    },
  }
}

/** Calls that are under way, to be shared by those who would make the same. */
export type Flights<Answer extends object> = {
  /** Makes a call, or waits for one of the same key. Everyone gets an answer of their own to change. */
  share(key: string, call: () => Promise<Answer>): Promise<Answer>
  /** Lets nobody join those that are under way: what they find may be older than a change that was just made. */
  close(): void
}

type Flight<Answer> = { passengers: number; answers: Promise<Answer[]> }

/** @param onShared told of each who waits for the call of another */
export function createFlights<Answer extends object>(onShared?: () => void): Flights<Answer> {
  const flights = new Map<string, Flight<Answer>>()
  return {
    close: () => flights.clear(),
    async share(key, call) {
      const known = flights.get(key)
      if (known) {
        known.passengers++
        onShared?.()
        return (await known.answers).pop()!
      }
      const flight: Flight<Answer> = { passengers: 1, answers: landed() }
      flights.set(key, flight)
      return (await flight.answers).pop()!

      // All copies are made before anyone has an answer to change.
      async function landed() {
        try {
          const answer = await call()
          return [...Array.from({ length: flight.passengers - 1 }, () => structuredClone(answer)), answer]
        } finally {
          if (flights.get(key) === flight) flights.delete(key)
        }
      }
    },
  }
}

import { type buildConnector, Pool } from 'undici'
import type { Wire } from './wire.ts'

/** The same as `createWire` over TLS, by undici: below its `request`, which makes a stream of each body. */
export function createTlsWire(
  { origin, pathname, search }: URL,
  largest: number,
  connect?: buildConnector.connector,
  connections = 64,
): Wire {
  const pool = new Pool(origin, { connections, ...(connect && { connect }) })
  const path = `${pathname}${search}`
  return {
    post(headers, body, deadline) {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const chunks: Buffer[] = []
      let size = 0
      let abort: ((reason: Error) => void) | undefined
      const request = { origin, path, method: 'POST', headers, body } as const
      const late = () => {
        const error = new Error('The answer is late')
        // There may be no connection yet, and nothing to abort.
        reject(error)
        abort?.(error)
      }
      deadline.onOver(late)
      if (deadline.isOver) late()
      else
        pool.dispatch(request, {
          onRequestStart(controller) {
            abort = (reason) => controller.abort(reason)
            if (deadline.isOver) late()
          },
          onResponseStart() {},
          onResponseData(controller, chunk) {
            size += chunk.length
            if (size > largest) controller.abort(new Error('The answer is too large'))
            else chunks.push(chunk)
          },
          onResponseEnd: () => resolve(Buffer.concat(chunks).toString()),
          onResponseError: (_controller, error) => reject(error),
        })
      return promise
    },
    close: () => pool.close(),
  }
}

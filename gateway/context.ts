import type { Viewer } from '#kit/viewer.ts'

/** What a request carries from the door through the graph. */
export type GatewayContext = { viewer: Viewer; requestId: string }

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer
  }
}

import type { Viewer } from '#kit/viewer.ts'

/** What a request carries from the door through the graph. */
export type GatewayContext = { viewer: Viewer; requestId: string }

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer
    /** When the viewer's token ends; null for the anonymous. */
    until: Date | null
  }
}

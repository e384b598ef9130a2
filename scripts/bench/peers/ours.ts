import { httpTransport } from '#kit/transport.ts'
import { serveAsPeer } from '../peer.ts'
import { serveOurs } from './serve-ours.ts'

await serveAsPeer((start) =>
  serveOurs(
    start,
    Object.fromEntries(Object.entries(start.urls).map(([name, url]) => [name, httpTransport(url)])),
  ),
)

import { httpTransport } from '#kit/transport.ts'
import { serveAsPeer } from '../peer.ts'
import { serveOurs } from './serve-ours.ts'

await serveAsPeer(({ supergraphSdl, urls }) =>
  serveOurs(
    supergraphSdl,
    Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, httpTransport(url)])),
  ),
)

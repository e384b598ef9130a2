/** The engine alone, on any supergraph: `SUPERGRAPH_PATH=supergraph.graphql PORT=4000 npm run gateway`. */
import { resolve } from 'node:path'
import { environment, readEnv } from '#kit/env.ts'
import { listen } from '#kit/http.ts'
import { createLog } from '#kit/log.ts'
import { untilStopped } from '#kit/process.ts'
import { watchFile } from './federation/watch.ts'
import { createStandalone } from './standalone/app.ts'
import { readSupergraph } from './standalone/file.ts'

const { SUPERGRAPH_PATH, FORWARD_HEADERS, PORT, HOST, LOG_LEVEL } = environment

await untilStopped(async (closing) => {
  const env = readEnv({ SUPERGRAPH_PATH, FORWARD_HEADERS, PORT, HOST, LOG_LEVEL })
  const { SUPERGRAPH_PATH: path } = env
  if (!path)
    throw new Error('Say which supergraph to serve: SUPERGRAPH_PATH=supergraph.graphql npm run gateway')
  const supergraphSdl = await readSupergraph(path)
  const { app, load } = await createStandalone({
    supergraphSdl,
    log: createLog('gateway', env.LOG_LEVEL),
    forward: env.FORWARD_HEADERS ?? [],
  })
  closing(() => app.close())
  const failed = (error: unknown) =>
    console.error(`kept the supergraph as it was: ${(error as Error).message.split('\n')[0]}`)
  const changed = (sdl: string) =>
    void load(sdl).then(() => console.log(`took up the change of ${path}`), failed)
  closing(watchFile(resolve(path), supergraphSdl, { changed, failed }))
  console.log(`gateway serves ${path} on ${await listen(app, env.HOST, env.PORT)}/graphql`)
})

/** The engine alone, on any supergraph: `SUPERGRAPH_PATH=supergraph.graphql PORT=4000 npm run gateway`. */
import { environment, readEnv } from '#kit/env.ts'
import { listen } from '#kit/http.ts'
import { createLog } from '#kit/log.ts'
import { untilStopped } from '#kit/process.ts'
import { createStandalone } from './standalone/app.ts'
import { readSupergraph, watchSupergraph } from './standalone/file.ts'

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
  const watched = watchSupergraph(path, supergraphSdl, async (sdl) => {
    try {
      await load(sdl)
      console.log(`took up the change of ${path}`)
    } catch (error) {
      console.error(`kept the supergraph as it was: ${(error as Error).message}`)
    }
  })
  closing(() => watched.close())
  console.log(`gateway serves ${path} on ${await listen(app, env.HOST, env.PORT)}/graphql`)
})

import { startPostgres } from '#kit/embedded.ts'
import type { Environment } from '#kit/env.ts'
import type { Log } from '#kit/log.ts'

export type HouseDatabase = { kind: 'embedded' | 'external'; url: string; stop(): Promise<void> }

/** The database that the environment names, or the embedded one, which is started again when it is killed. */
export async function openHouseDatabase(
  env: Environment,
  log: Log,
  options: { durable: boolean },
): Promise<HouseDatabase> {
  if (env.DATABASE_URL) return { kind: 'external', url: env.DATABASE_URL, stop: async () => {} }
  const start = (port?: number) =>
    startPostgres({
      dataDir: env.NEXUS_DATA_DIR,
      durable: options.durable,
      log: (line) => log.debug(line),
      ...(port ? { port } : {}),
    })
  let stopping = false
  let running = await start()
  const watch = async (): Promise<void> => {
    const exit = await running.exited
    if (stopping) return
    log.error({ exit }, 'PostgreSQL ended by itself; it is started again')
    running = await start(running.port)
    if (stopping) return running.stop()
    return watch()
  }
  watch().catch((error: unknown) => log.fatal({ err: error }, 'PostgreSQL does not come up again'))
  return {
    kind: 'embedded',
    url: running.url,
    stop: async () => {
      stopping = true
      await running.stop()
    },
  }
}

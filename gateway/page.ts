/** The page alone, for where it is served apart from the gateway: one host must still be in front of both. */
import { existsSync } from 'node:fs'
import { environment, readEnv } from '#kit/env.ts'
import { createHttp, listen } from '#kit/http.ts'
import { createLog } from '#kit/log.ts'
import { createMetrics, serveMetrics } from '#kit/metrics.ts'
import { untilStopped } from '#kit/process.ts'
import { root } from '#kit/register.ts'
import { openTls } from '#kit/tls.ts'
import { answerFailures } from './errors.ts'
import { health } from './plugins/health.ts'
import { securityHeaders } from './plugins/security-headers.ts'
import { web } from './plugins/web.ts'

const folder = `${root}web/dist`

await untilStopped(async (closing) => {
  const env = readEnv(environment)
  const log = createLog('page', env.LOG_LEVEL)
  const metrics = createMetrics()
  const tls = openTls(env.NEXUS_TLS_DIR, log)
  closing(() => tls?.close())
  const app = createHttp({ log, metrics, tls })
  answerFailures(app, log)
  await app.register(securityHeaders)
  await app.register(health, {
    log,
    ready: async () => ({ page: existsSync(`${folder}/index.html`) ? 'ok' : 'not built' }),
  })
  await app.register(web, { folder })
  closing(() => app.close())
  await serveMetrics(env, { metrics, log, tls }, closing)
  console.log(`The page is served on ${await listen(app, env.HOST, env.PORT)}`)
})

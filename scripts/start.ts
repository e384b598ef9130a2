/** `npm start`: the house, until it is told to stop. */
import { environment, readEnv } from '#kit/env.ts'
import { createLog } from '#kit/log.ts'
import { type House, openHouse } from './house.ts'

const stopWithinMs = 9_000

function welcome(house: House): string {
  const accounts = ['admin', 'manager', 'analyst', 'viewer'].map((role) => `${role}@acme.example`).join('  ')
  const demo = house.demoPassword
    ? `
  Demo accounts  ${accounts}
                 and the same at globex.example
  Password       ${house.demoPassword}
`
    : `
  Accounts       a database of your own is not filled in; NEXUS_SEED=demo adds the demo
`
  const url = house.url.replace('//127.0.0.1:', '//localhost:')
  return `Nexus ready on ${url}
  Database       ${house.database === 'embedded' ? 'embedded PostgreSQL' : 'PostgreSQL at DATABASE_URL'}
  Shared state   ${house.shared === 'redis' ? 'Redis at REDIS_URL' : 'in this process (set REDIS_URL for Redis)'}
${demo}
  Three things to try
    curl ${url}/health/ready
    curl -s ${url}/api/v1/auth/login -H 'content-type: application/json' \\
      -d '{"email":"admin@acme.example","password":"${house.demoPassword ?? 'PASSWORD'}"}'
    npx nexus import report.json
`
}

async function run(): Promise<void> {
  const env = readEnv(environment)
  const log = createLog('nexus', env.LOG_LEVEL)
  let stopping: Promise<void> | undefined
  const opening = openHouse({ env, log })
  const stop = (signal: string) => {
    if (stopping) return
    console.log(`\n${signal}: stopping`)
    // What will not end in time is left to the next start, which puts it in order.
    setTimeout(() => process.exit(1), stopWithinMs).unref()
    stopping = opening.then((house) => house.close()).then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  const house = await opening
  if (!stopping) console.log(welcome(house))
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})

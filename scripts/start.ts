/** `npm start`: the house, until it is told to stop. */
import { openEnvironment } from '#kit/env.ts'
import { createLog } from '#kit/log.ts'
import { untilStopped } from '#kit/process.ts'
import { followSecrets } from '#kit/secrets/follow.ts'
import { type House, openHouse } from './house.ts'

function welcome(house: House): string {
  const accounts = ['admin', 'manager', 'analyst', 'viewer'].map((role) => `${role}@acme.example`).join('  ')
  const demo = house.demoPassword
    ? `
  Demo accounts  ${accounts}
                 and the same at globex.example
  Password       ${house.demoPassword}
`
    : `
  Accounts       a database of your own is not filled in; NEXUS_SEED=demo adds the demo,
                 npx nexus admin create --help tells how the first account is made
`
  const url = house.url.replace('//127.0.0.1:', '//localhost:')
  return `Nexus ready on ${url}
  Database       ${house.database === 'embedded' ? 'embedded PostgreSQL' : 'PostgreSQL at DATABASE_URL'}
  Shared state   ${house.shared === 'redis' ? 'Redis at REDIS_URL' : 'in this process (set REDIS_URL for Redis)'}
${demo}
  Three things to try
    ${url} in a browser
    curl -s ${url}/api/v1/auth/login -H 'content-type: application/json' \\
      -d '{"email":"admin@acme.example","password":"${house.demoPassword ?? 'PASSWORD'}"}'
    npx nexus import report.json
`
}

await untilStopped(async (closing) => {
  const { env, secrets } = await openEnvironment()
  const log = createLog('nexus', env.LOG_LEVEL)
  const following = followSecrets(secrets, log)
  closing(() => following.close())
  const house = await openHouse({ env, log })
  closing(() => house.close())
  console.log(welcome(house))
})

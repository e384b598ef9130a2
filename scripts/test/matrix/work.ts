/** The cells as work: who asks, what, and whether they should be answered. */
import type { EventName, Payload } from '#kit/events.ts'
import type { TestHouse } from '../../test-house.ts'
import { answered, forms, graphVerdict, restVerdict, subscriptionVerdict, type Verdict } from './cells.ts'
import { routes } from './expected/routes.ts'
import { type Company, may, type Principal, principals, reads, scopesOf } from './principals.ts'
import { waysOf } from './select.ts'
import { ask, expected, fields, questionOf, schema, types } from './table.ts'
import { canary, filled, isTenants, type Things } from './things.ts'
import type { Row } from './words.ts'

export type Grounds = {
  house: TestHouse
  company: Company
  things: Record<'own' | 'foreign' | 'absent', Things>
}
/** One row for one who asks. What hashes passwords is done one at a time: there are only so many turns. */
export type Work = { wanted: boolean; slow: boolean; run(): Promise<void> }

export type Tally = { cells: number; mismatches: string[] }

const hashes = /\$(password|refreshToken|invitationToken)/

const isSlow = (text: string, { alone }: Row): boolean => alone === true || hashes.test(text)

function judge(tally: Tally, cell: string, found: Verdict, wanted: boolean, text: string): void {
  tally.cells++
  const want = wanted ? 'may' : 'may not'
  if (found !== want) tally.mismatches.push(`${cell}: ${found} instead of ${want}`)
  if (text.includes(canary) || text.includes('globex'))
    tally.mismatches.push(`${cell} gave away: ${text.slice(0, 300)}`)
}

/** What an answer says besides the ids and times of what was made for it. */
const worded = (text: string) =>
  text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '[id]')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, '[time]')

/** Another's and nobody's are answered alike; a field is asked for by an alias, and by the same one in a fragment. */
async function inTenants(
  { things }: Grounds,
  tally: Tally,
  cell: string,
  { makes }: Pick<Row, 'makes'>,
  put: (form: 'alias' | 'fragment', things: Things, of: string) => Promise<string>,
): Promise<void> {
  const theirs = await put('alias', things.foreign, 'foreign')
  const none = await put('fragment', things.absent, 'absent')
  const same = makes ? worded(theirs) === worded(none) : theirs === none
  if (!same) tally.mismatches.push(`${cell}: ${theirs} of another’s instead of ${none}`)
}

const rowWork = (
  text: string,
  row: Row,
  run: (principal: Principal, wanted: boolean) => Promise<void>,
): Work[] =>
  principals.map((principal) => {
    const wanted = may(principal, row)
    return { wanted, slow: isSlow(text, row), run: () => run(principal, wanted) }
  })

export const graphWork = (grounds: Grounds, tally: Tally): Work[] =>
  (['query', 'mutation'] as const).flatMap((kind) =>
    Object.entries(expected[kind]).flatMap(([name, row]) => {
      const field = questionOf(kind, name)
      return rowWork(field, row, async (principal, wanted) => {
        const put = async (form: keyof typeof forms, of: Things, tenant: string) => {
          const visitor = await grounds.company(principal, row)
          const text = forms[form](kind, await filled(field, of))
          const answer = await answered(() => visitor.graphql(text))
          const verdict = graphVerdict(answer, { anonymous: principal === 'anonymous', past: row.past })
          judge(
            tally,
            `${kind} ${name} by ${principal} of ${tenant} as ${form}`,
            verdict,
            wanted,
            answer.text,
          )
          return answer.text
        }
        const { own } = grounds.things
        if (isTenants(field, grounds.things)) {
          await put('plain', own, 'own')
          return inTenants(grounds, tally, `${kind} ${name} by ${principal}`, row, put)
        }
        // Who hashes passwords asks in other words only once as somebody and once as nobody.
        const isOnce = isSlow(field, row) && principal !== 'admin' && principal !== 'anonymous'
        for (const form of isOnce ? (['plain'] as const) : (['plain', 'alias', 'fragment'] as const))
          await put(form, own, 'own')
      })
    }),
  )

export const subscriptionWork = ({ house, company, things }: Grounds, tally: Tally): Work[] =>
  Object.entries(expected.subscription).flatMap(([name, row]) => {
    const field = questionOf('subscription', name)
    return rowWork(field, row, async (principal, wanted) => {
      const [event, payload] = row.event!
      const happen = async () => {
        const told: Payload<EventName> = JSON.parse(await filled(JSON.stringify(payload), things.own))
        await house.surroundings.events.publish(
          await filled('$organization', things.own),
          event as EventName,
          told,
        )
      }
      for (const [form, write] of Object.entries(forms)) {
        const query = write('subscription', await filled(field, things.own))
        const verdict = await subscriptionVerdict(house.url, await company(principal, row), query, happen)
        judge(tally, `subscription ${name} by ${principal} as ${form}`, verdict, wanted, '')
      }
    })
  })

export const routeWork = (grounds: Grounds, tally: Tally): Work[] =>
  Object.entries(routes).flatMap(([route, row]) => {
    const [method, path] = route.split(' ') as [string, string]
    const { ask: of = '', body } = row
    const given = of.split(' ')
    const address = path.includes(':') ? path.replace(/:\w+/g, () => given.shift()!) : `${path}${of}`
    const text = `${address} ${JSON.stringify(body ?? null)}`
    return rowWork(text, row, async (principal, wanted) => {
      const put = async (_form: string, of: Things, tenant: string) => {
        const visitor = await grounds.company(principal, row)
        const sent = body === undefined ? undefined : JSON.parse(await filled(JSON.stringify(body), of))
        // Beside the API, not in it.
        const to = `${address.startsWith('/scim/') ? '/../..' : ''}${await filled(address, of)}`
        const answer = await answered(() => visitor.rest(method, to, sent))
        const verdict = restVerdict(answer, { anonymous: principal === 'anonymous', past: row.past })
        judge(tally, `${route} by ${principal} of ${tenant}`, verdict, wanted, answer.text)
        return JSON.stringify([answer.status, answer.body?.error, answer.body?.detail, answer.body?.data])
      }
      await put('', grounds.things.own, 'own')
      if (isTenants(text, grounds.things))
        await inTenants(grounds, tally, `${route} by ${principal}`, row, put)
    })
  })

/** Every field that leads from one type to another: who may not read the second is refused there. */
export const wayWork = ({ company, things }: Grounds, tally: Tally): Work[] =>
  waysOf(schema, { types, fields, ask }, (name) => expected.query[name]!.ask ?? '').flatMap((way) => {
    const crossed = [
      expected.query[way.root]!,
      ...way.crosses.map((name) => fields[name] ?? types[name]!),
    ].filter((each) => each !== 'part')
    const keys = [...new Set(crossed.flatMap(({ key }) => key))].filter((key) => key.includes(':'))
    const asks = principals.flatMap((principal): [Principal, Row['key']][] => {
      if (principal === 'key') return [[principal, keys.length > 0 ? keys : 'no']]
      return principal === 'other key' ? keys.map((key) => [principal, key]) : [[principal, 'any']]
    })
    return asks.map(([principal, key]): Work => {
      const isKey = principal === 'key' || principal === 'other key'
      const wanted = crossed.every((each) => reads(principal, each, isKey ? scopesOf(principal, key) : []))
      const run = async () => {
        const visitor = await company(principal, { key })
        const text = `{ ${await filled(way.text, things.own)} }`
        const answer = await answered(() => visitor.graphql(text))
        const verdict = graphVerdict(answer, { anonymous: principal === 'anonymous', deep: true })
        judge(tally, `${way.name} by ${principal} (${key}): { ${way.text} }`, verdict, wanted, answer.text)
      }
      return { wanted, slow: false, run }
    })
  })

/** Does work, much of it at the same time. */
export async function doAll(work: readonly Work[], atOnce = 8): Promise<void> {
  const left = work.filter(({ slow }) => !slow)
  const take = async () => {
    for (let next = left.shift(); next; next = left.shift()) await next.run()
  }
  await Promise.all(Array.from({ length: atOnce }, take))
  for (const each of work.filter(({ slow }) => slow)) await each.run()
}

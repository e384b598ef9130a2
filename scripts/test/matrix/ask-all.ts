/** `node --import ./scripts/isolation/stripped.ts scripts/test/matrix/ask-all.ts`: prints one line of JSON. */
import { taken } from '../../isolation/stripped.ts'
import { openTestHouse } from '../../test-house.ts'
import { openOwner } from '../owner.ts'
import { openCompany } from './principals.ts'
import { openThings } from './things.ts'
import { doAll, graphWork, routeWork, subscriptionWork, type Tally, wayWork } from './work.ts'

const house = await openTestHouse()
try {
  const owner = await openOwner(house)
  await owner.query("alter table identity.api_keys alter column tier set default 'internal'")
  await owner.close()
  const grounds = { house, things: await openThings(house), company: await openCompany(house) }
  const tally: Tally = { cells: 0, mismatches: [] }
  // Without filters much is answered that should not be: here it only counts what is another's.
  for (const make of [graphWork, subscriptionWork, routeWork, wayWork]) await doAll(make(grounds, tally))
  const leaks = tally.mismatches.filter((each) => each.includes(' gave away: '))
  const opened = tally.mismatches.filter((each) => each.endsWith(': may instead of may not')).length
  console.log(JSON.stringify({ cells: tally.cells, opened, leaks, taken: Object.fromEntries(taken) }))
} finally {
  await house.close()
}

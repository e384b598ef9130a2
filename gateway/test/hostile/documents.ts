import { type Random, times } from './random.ts'

/** Documents that ask for too much in their shape alone, by kind. */
export const documents: Record<string, (random: Random) => string> = {
  'aliases, at the root': (r) => `{ ${times(r.between(31, 600), (n) => `a${n}: ${r.pick(roots)}`)} }`,
  'aliases, of one field': (r) => `{ me { ${times(r.between(31, 2_000), (n) => `a${n}: id`)} } }`,
  'aliases, in fragments': (r) =>
    `{ ${times(r.between(4, 20), (n) => `r${n}: me { ...f }`)} } fragment f on User { ${times(r.between(10, 30), (n) => `a${n}: id`)} }`,
  'root fields': (r) => `{ ${times(r.between(21, 800), (n) => r.pick([`me { id }`, `x${n}: __typename`]))} }`,
  'fragments that double': (r) => {
    const levels = r.between(12, 90)
    const spread = r.between(2, 4)
    return `{ asset(id: "1") { ...f0 } } ${times(levels, (n) => `fragment f${n} on Asset { ${`...f${n + 1} `.repeat(spread)} }`)} fragment f${levels} on Asset { id }`
  },
  'fragments reused deeply (GHSA-q2f9-x4p4-7xmh)': (r) => {
    const levels = r.between(5, 40)
    return `{ asset(id: "1") { ...f0 } } ${times(levels, (n) => `fragment f${n} on Asset { a: alerts(first: 1) { edges { node { asset { ...f${n + 1} } } } } b: alerts(first: 1) { edges { node { asset { ...f${n + 1} } } } } }`)} fragment f${levels} on Asset { name }`
  },
  'inline fragments past what planners optimise (GHSA-p2q6-pwh5-m6jr)': (r) => {
    const levels = r.between(8, 12)
    const inner = (level: number): string =>
      level === 0 ? 'id' : `... on Asset { ${inner(level - 1)} } ... on Asset { name ${inner(level - 1)} }`
    return `{ asset(id: "1") { ${inner(levels)} } }`
  },
  'choices that multiply (GHSA-fmj9-77q8-g6c4)': (r) =>
    `{ ${times(r.between(21, 300), (n) => `c${n}: asset(id: "${n}") { organization { id } alerts(first: 1) { pageInfo { hasNextPage } totalCount { count } } vulnerabilities(first: 1) { pageInfo { endCursor } totalCount { count type } } }`)} }`,
  spreads: (r) => `{ me { ${'...f '.repeat(r.between(101, 4_000))} } } fragment f on User { id }`,
  'fields repeated': (r) =>
    `{ me { ${`${r.pick(['id', 'email', '... { id }'])} `.repeat(r.between(120, 4_000))} } }`,
  'overlapping fields': (r) => {
    const many = r.between(101, 900)
    return `{ ${times(many, (n) => `asset(id: "1") { alerts(first: 1) { edges { node { ...f${n % 90} } } } }`)} } ${times(90, (n) => `fragment f${n} on Alert { id asset { id name } }`)}`
  },
  'overlapping fragments': (r) => {
    const many = r.between(101, 1_500)
    return `{ me { ${times(many, (n) => `...f${n}`)} } } ${times(many, (n) => `fragment f${n} on User { id organization { id name } }`)}`
  },
  'deep, across subgraphs': (r) => {
    const levels = r.between(5, 500)
    return `{ asset(id: "1") { ${'alerts(first: 1) { edges { node { asset { '.repeat(levels)} id ${'} } } }'.repeat(levels)} } }`
  },
  'deep, by fragments': (r) => {
    const levels = r.between(5, 90)
    return `{ asset(id: "1") { ...f0 } } ${times(levels, (n) => `fragment f${n} on Asset { alerts(first: 1) { edges { node { asset { ...f${n + 1} } } } } }`)} fragment f${levels} on Asset { id }`
  },
  'lists in lists': (r) => {
    const size = () => r.pick(['', '(first: 100)', '(last: 99)', '(first: 50)'])
    const noun = () => r.pick(['alerts', 'vulnerabilities'])
    return `{ assets(first: ${r.between(90, 100)}) { edges { node { ${noun()}${size()} { edges { node { asset { ${noun()}${size()} { edges { node { id title asset { id } } } } } } } } } } } }`
  },
  'inline fragments in each other': (r) => {
    const levels = r.between(2_001, 4_800)
    return `{ ${'... { '.repeat(levels)} __typename ${'} '.repeat(levels)} }`
  },
  'directives at one place': (r) =>
    `{ me { id ${`@${r.pick(['skip(if: false)', 'include(if: true)', 'skip(if: true)', 'nope'])} `.repeat(r.between(5, 3_000))} } }`,
  'directives everywhere': (r) =>
    `query q @a @b { me @c { ${times(r.between(101, 900), (n) => `a${n % 25}: id @skip(if: false)`)} } }`,
  '@skip and @include by variables': (r) => {
    const many = r.between(51, 400)
    return `query (${times(many, (n) => `$v${n}: Boolean = true`)}) { me { ${times(many, (n) => `... @${r.pick(['skip', 'include'])}(if: $v${n}) { id }`)} } }`
  },
  'unknown directives': (r) =>
    `{ me { id @${r.pick(['defer', 'stream', 'live', 'x', 'inaccessible', 'listSize', 'join__field'])}${r.between(0, 1e6)} } }`,
  'variables declared': (r) => `query (${times(r.between(51, 3_000), (n) => `$v${n}: Int`)}) { me { id } }`,
  'types of variables nested': (r) => {
    const levels = r.between(21, 6_000)
    return `query ($v: ${'['.repeat(levels)}Int${']'.repeat(levels)}) { me { id } }`
  },
  'fragments unused': (r) =>
    `{ me { id } } ${times(r.between(1, 1_400), (n) => `fragment f${n} on User { id }`)}`,
  'fragments in a circle': (r) => {
    const many = r.between(1, 900)
    return `{ me { ...f0 } } ${times(many, (n) => `fragment f${n} on User { id ...f${(n + 1) % many} }`)}`
  },
  'introspection in circles': (r) => {
    const levels = r.between(3, 60)
    const list = r.pick(['fields { type { ', 'possibleTypes { interfaces { ', 'inputFields { type { '])
    return `{ __schema { types { ${list.repeat(levels)} name ${'} } '.repeat(levels)} } } }`
  },
  'introspection, many times': (r) =>
    `{ ${times(r.between(3, 30), (n) => r.pick([`s${n}: __schema { types { name } }`, `t${n}: __type(name: "Asset") { fields { name } }`]))} }`,
  'introspection, ofType without end': (r) => {
    const levels = r.between(15, 400)
    return `{ __type(name: "Query") { fields { type { ${'ofType { '.repeat(levels)} name ${'} '.repeat(levels)} } } } }`
  },
  operations: (r) => times(r.between(11, 2_000), (n) => `query q${n} { me { id } }`),
  'operations of one name': (r) => times(r.between(2, 10), () => 'query same { me { id } }'),
  'operations without a name': (r) => times(r.between(2, 10), () => '{ me { id } }'),
  'mutations that let in': (r) =>
    `mutation { ${times(r.between(2, 40), (n) => `a${n}: ${r.pick(['signIn(input: { email: "a@b.c", password: "x" }) { accessToken }', 'refreshSession(input: { refreshToken: "x" }) { accessToken }'])}`)} }`,
  'subscriptions where none are': (r) =>
    `subscription s${r.between(0, 1e6)} { alertChanged { alert { id } } }`,
  'lists in arguments': (r) => {
    const levels = r.between(21, 3_000)
    return `{ alerts(filter: { assetId: ${'['.repeat(levels)} "1" ${']'.repeat(levels)} }) { edges { cursor } } }`
  },
  'objects in arguments': (r) => {
    const levels = r.between(21, 2_000)
    return `{ alerts(filter: ${'{ a: '.repeat(levels)} 1 ${'}'.repeat(levels)}) { edges { cursor } } }`
  },
  'long lists in arguments': (r) =>
    `{ alerts(filter: { assetId: [${times(r.between(1_001, 9_000), (n) => `"${n}"`)}] }) { edges { cursor } } }`,
  arguments: (r) => `{ alerts(${times(r.between(21, 3_500), (n) => `a${n}: ${n}`)}) { edges { cursor } } }`,
  'arguments, twice': (r) =>
    `{ alerts(${`first: ${r.between(0, 9)} `.repeat(r.between(2, 2_000))}) { edges { cursor } } }`,
  'fields that nobody has': (r) => `{ me { ${times(r.between(1, 990), (n) => `${r.pick(names)}${n}`)} } }`,
  'types that nobody has': (r) =>
    `{ ${times(r.between(1, 90), (n) => `... on ${r.pick(names)}${n} { id }`)} }`,
  'definitions of types': (r) => `{ me { id } } ${times(r.between(1, 900), (n) => `type T${n} { a: Int }`)}`,
  'large pages': (r) =>
    `{ ${r.pick(['assets', 'alerts', 'users'])}(${r.pick(['first', 'last'])}: ${r.pick([-1, -2_147_483_648, 101, 1_000, 2_147_483_647])}) { edges { cursor } } }`,
}
const roots = [
  'me { id }',
  'alertStats { total }',
  'sessions { id }',
  '__typename',
  'assets(first: 1) { edges { cursor } }',
]
const names = ['idd', 'Usr', 'emial', 'asset', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'Vulnerabilty', 'x']

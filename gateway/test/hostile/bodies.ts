import { type Random, times } from './random.ts'
import { prototypes } from './texts.ts'

const filtered = 'query ($f: AlertFilter) { alerts(filter: $f) { edges { cursor } } }'
const paged = 'query ($n: Int) { alerts(first: $n) { edges { cursor } } }'
const of = (variables: string, query = filtered) =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`
const good = '{"query":"{ me { id } }"}'

/** Bodies of requests, as they are sent: variables that are too much, and what is no question at all. */
export const bodies: Record<string, (random: Random) => string> = {
  'deep variables': (r) => {
    const levels = r.between(21, 100_000)
    return r.pick([
      of(`{"f":${'['.repeat(levels)}1${']'.repeat(levels)}}`),
      of(`{"f":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`),
    ])
  },
  'wide variables': (r) =>
    of(`{"f":{"assetId":[${times(r.between(1_001, 100_000), (n) => `"${n}"`, ',')}]}}`),
  'many variables': (r) => of(`{${times(r.between(1_001, 50_000), (n) => `"v${n}":${n}`, ',')}}`),
  'long variables': (r) => of(`{"f":{"search":"${'x'.repeat(r.between(50_001, 900_000))}"}}`),
  'large variables': (r) =>
    of(`{"f":{"source":[${times(r.between(5, 20), () => `"${'x'.repeat(49_000)}"`, ',')}]}}`),
  'escaped variables': (r) => of(`{"f":{"search":"${'\\u0000'.repeat(r.between(50_001, 150_000))}"}}`),
  'numbers in variables': (r) =>
    of(
      `{"n":${r.pick(['1e999999', '-1e999999', '1.5', '101', '-1', '2147483648', '"1"', 'true', '[1]', '{}', '9'.repeat(r.between(11, 100_000))])}}`,
      `${paged} # ${r.between(0, 1e9)}`,
    ),
  'variables of wrong types': (r) =>
    of(
      `{"f":${r.pick(['1', '"x"', '{"severity":"NOPE"}', '{"severity":[["HIGH"]]}', '{"nope":1}', '{"assetId":{"a":1}}', '{"search":[]}'])}}`,
      `${filtered} # ${r.between(0, 1e9)}`,
    ),
  'names of prototypes in variables': (r) =>
    of(
      `{"f":{"${r.pick(prototypes.filter((name) => name !== '__proto__'))}":${r.pick(['1', '{"a":1}', 'null'])}}}`,
      `${filtered} # ${r.between(0, 1e9)}`,
    ),
  '__proto__ in a body': (r) =>
    r
      .pick([
        of('{"__proto__":{"f":{}}}'),
        of('{"f":{"__proto__":{"isAdmin":true}}}'),
        '{"query":"{ me { id } }","__proto__":{"variables":{}}}',
        '{"query":"{ me { id } }","constructor":{"prototype":{"isAdmin":true}}}',
        of('{"f":{"constructor":{"prototype":{"a":1}}}}'),
        '{"__proto__":{"query":"{ me { id } }"}}',
        '{"query":"{ me { id } }","\\u005f\\u005fproto__":{"a":1}}',
      ])
      .replace(/}$/, `,"x":${r.between(0, 1e9)}}`),
  batches: (r) => `[${times(r.between(1, 1_000), () => good, ',')}]`,
  'batches in batches': (r) => `${'['.repeat(r.between(2, 50))}${good}${']'.repeat(50)}`,
  'wrong types': (r) => {
    const wrong = r.pick(['1', 'true', '[]', '{}', '[1,2]', '-0.5', '{"a":{"b":[]}}'])
    return r.pick([
      `{"query":${wrong}}`,
      `{"query":"{ me { id } }","variables":${r.pick(['1', '"x"', 'true', '[]'])}}`,
      `{"query":"{ me { id } }","operationName":${wrong}}`,
      `{"query":"{ me { id } }","extensions":${r.pick(['1', '"x"', '[]', 'true'])}}`,
    ])
  },
  'no question': (r) =>
    r.pick([
      'null',
      '1',
      '"x"',
      'true',
      '{}',
      '[]',
      '',
      ' ',
      '{"quer":"{ me { id } }"}',
      '{"query":""}',
      '{"query":null}',
      `{"query":" ${' '.repeat(r.between(0, 999))}"}`,
    ]),
  'no JSON': (r) => {
    const at = r.between(1, good.length - 1)
    return r.pick([
      good.slice(0, at),
      good.slice(at),
      `${good}${good}`,
      `${good},`,
      good.replaceAll('"', "'"),
      `\u0000${good}`,
      `${'{"a":'.repeat(r.between(1, 50_000))}`,
      `${'['.repeat(r.between(1, 500_000))}`,
    ])
  },
  'operations that are not there': (r) =>
    `{"query":"query a { me { id } } query b { me { id } }","operationName":${JSON.stringify(r.pick([...prototypes, '', 'c', 'A', 'x'.repeat(r.between(1, 90_000))]))}}`,
  'too large': (r) => `{"query":"{ me { id } }","x":"${'x'.repeat(r.between(1_048_576, 1_500_000))}"}`,
  'persisted operations that are not there': (r) =>
    `{"extensions":{"persistedQuery":{"version":${r.pick(['1', '2', '"1"', '-1'])},"sha256Hash":"${r.pick(['', 'x', '0'.repeat(64), 'f'.repeat(r.between(1, 90_000))])}"}}}`,
}

import { beside, body, type Fault, report } from './fault.ts'

const masked = 'INTERNAL_SERVER_ERROR'
const deep = '['.repeat(100_000) + ']'.repeat(100_000)

/** A report with one field as the subgraph writes it, next to one that is right. */
const told = (field: string, json: string) => body(`{"data":{"report":{"sure":1,"${field}":${json}}}}`)

/** Field, and what the subgraph says it is: none of it is of the field’s type. */
const wrong: [field: string, json: string][] = [
  ['count', '"7"'],
  ['count', '7.5'],
  ['count', '2147483648'],
  ['count', 'true'],
  ['count', '[]'],
  ['count', '{}'],
  ['count', '"NaN"'],
  ['ratio', '"0.5"'],
  ['ratio', '1e999'],
  ['ratio', '-1e999'],
  ['ratio', '[0.5]'],
  ['title', '7'],
  ['title', 'false'],
  ['title', '{"toString":"x"}'],
  ['title', '["x"]'],
  ['done', '"true"'],
  ['done', '0'],
  ['done', '{}'],
  ['key', '7.5'],
  ['key', 'true'],
  ['key', '[1]'],
  ['key', '{"id":1}'],
  ['level', '"MIDDLE"'],
  ['level', '"low"'],
  ['level', '"constructor"'],
  ['level', '0'],
  ['level', '["LOW"]'],
  ['tags', '"x"'],
  ['tags', '{"0":"x","length":1}'],
  ['tags', '7'],
  ['any', deep],
]
const wrongLeaves = wrong.map(([field, json]): Fault => {
  const shown = json.length > 40 ? `${json.slice(0, 10)}...` : json
  return {
    name: `answers ${shown} for ${field}`,
    query: report(`sure ${field}`),
    answer: told(field, json),
    data: beside({ sure: 1, [field]: null }),
    errors: [[`report.${field}`, masked]],
  }
})

/** Field with what is asked of it, what the subgraph says, and what the client is told of the field. */
const broken: [name: string, asked: string, json: string, shown: unknown, errors: string[]][] = [
  ['a text among texts that may not be null', 'tags', '["a",null]', null, ['tags.1']],
  ['a number among texts that may be null', 'names', '["a",7,null]', ['a', null, null], ['names.1']],
  ['a list in a list of texts', 'names', '[["a"]]', [null], ['names.0']],
  [
    'a text where a list of lists is',
    'grid',
    '[[1,"2"],"3",null]',
    [[1, null], null, null],
    ['grid.0.1', 'grid.1'],
  ],
  ['a list where an object is', 'part { size }', '[{"size":1}]', null, ['part']],
  ['a text where an object is', 'part { size }', '"size"', null, ['part']],
  ['an object without its field', 'part { size }', '{"id":"p"}', null, ['part.size']],
  ['null where none may be', 'part { size }', '{"size":null}', null, ['part.size']],
  ['a text where none may be', 'part { size }', '{"size":"1"}', null, ['part.size']],
  ['an object where a list is', 'parts { size }', '{"size":1}', null, ['parts']],
  ['null in a list without', 'parts { size }', '[{"size":1},null]', null, ['parts.1']],
  ['a broken one in a list without', 'parts { size }', '[{"size":1},{}]', null, ['parts.1.size']],
  ['100,000 lists where one is', 'parts { size }', deep, null, ['parts.0']],
  ['100,000 lists where an object is', 'part { size }', deep, null, ['part']],
  ['no type of a thing', 'thing { ... on Part { size } }', '{"size":1}', {}, []],
  ['a type that is no thing', 'thing { id }', '{"__typename":"Report","id":"1"}', null, ['thing']],
  ['a type that is none', 'thing { id }', '{"__typename":"Ghost","id":"1"}', null, ['thing']],
  ['a type that is a number', 'thing { id }', '{"__typename":7,"id":"1"}', null, ['thing']],
  [
    'a type named __proto__',
    'either { ... on Part { size } }',
    '{"__typename":"__proto__","size":1}',
    null,
    ['either'],
  ],
]
const brokenShapes = broken.map(([name, asked, json, shown, errors]): Fault => {
  const field = asked.split(' ')[0]!
  return {
    name: `answers ${name}`,
    query: report(`sure ${asked}`),
    answer: told(field, json),
    data: beside({ sure: 1, [field]: shown }),
    errors: errors.map((path) => [`report.${path}`, masked] as const),
  }
})

/** Values that are of their type, or of no type that the gateway knows better. */
export const valueFaults: Fault[] = [
  ...wrongLeaves,
  ...brokenShapes,
  {
    name: 'leaves fields out',
    query: report('sure count title'),
    answer: body('{"data":{"report":{"sure":1}}}'),
    data: beside({ sure: 1, count: null, title: null }),
    errors: [
      ['report.count', masked],
      ['report.title', masked],
    ],
  },
  {
    name: 'leaves out a field that may not be null',
    query: report('sure count'),
    answer: body('{"data":{"report":{"count":1}}}'),
    data: beside(null),
    errors: [['report.sure', masked]],
  },
  {
    name: 'answers null for all that may not be',
    query: '{ assets { name } firm { sure } }',
    answer: body('{"data":{"firm":null}}'),
    data: null,
    errors: [['firm', masked]],
  },
  {
    name: 'answers more than it was asked',
    query: report('sure'),
    answer: body(
      '{"data":{"report":{"sure":1,"secret":"s","__typename":"Report"},"other":1},"extensions":{"a":1}}',
    ),
    data: beside({ sure: 1 }),
  },
  {
    name: 'answers __proto__ and constructor',
    query: report('sure count'),
    answer: body(
      '{"__proto__":{"data":1},"data":{"report":{"__proto__":{"count":9},"constructor":{"count":9},"sure":1}}}',
    ),
    data: beside({ sure: 1, count: null }),
    errors: [['report.count', masked]],
  },
  {
    name: 'names one field twice',
    query: report('sure'),
    answer: body('{"data":{"report":{"sure":1,"sure":2}}}'),
    data: beside({ sure: 2 }),
  },
  {
    name: 'answers half a character',
    query: report('title'),
    answer: body('{"data":{"report":{"title":"\\ud800"}}}'),
    data: beside({ title: '\ud800' }),
  },
]

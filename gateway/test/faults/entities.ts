import type { ErrorCode } from '#kit/errors.ts'
import { body, type Fault } from './fault.ts'

const query = '{ assets { name score } }'
const scores = (first: unknown, second: unknown) => ({
  assets: [
    { name: 'web', score: first },
    { name: 'db', score: second },
  ],
})
const both = (code: ErrorCode) => [['assets.0.score', code] as const, ['assets.1.score', code] as const]
const masked = 'INTERNAL_SERVER_ERROR'
const deep = '['.repeat(100_000) + ']'.repeat(100_000)
const refused = '{"message":"No","extensions":{"code":"FORBIDDEN"}'

/** What is said of two entities, the scores that clients see, and the errors. */
const cases: [name: string, answer: string, data: unknown, errors?: Fault['errors']][] = [
  ['too few entities', '{"_entities":[{"score":100}]}', scores(null, null), both('SERVICE_UNAVAILABLE')],
  [
    'too many entities',
    '{"_entities":[{"score":100},{"score":200},{"score":300}]}',
    scores(null, null),
    both('SERVICE_UNAVAILABLE'),
  ],
  ['no entities', '{}', scores(null, null), both('SERVICE_UNAVAILABLE')],
  ['an empty list of entities', '{"_entities":[]}', scores(null, null), both('SERVICE_UNAVAILABLE')],
  ['null for all entities', '{"_entities":null}', scores(null, null), both('SERVICE_UNAVAILABLE')],
  [
    'entities in an object',
    '{"_entities":{"0":{"score":1},"length":2}}',
    scores(null, null),
    both('SERVICE_UNAVAILABLE'),
  ],
  ['100,000 lists for entities', `{"_entities":${deep}}`, scores(null, null), both('SERVICE_UNAVAILABLE')],
  ['null for an entity that it does not know', '{"_entities":[null,{"score":200}]}', scores(null, 200)],
  [
    'a text for an entity',
    '{"_entities":["x",{"score":200}]}',
    scores(null, 200),
    [['assets.0.score', masked]],
  ],
  [
    'a list for an entity',
    '{"_entities":[[{"score":100}],{"score":200}]}',
    scores(null, 200),
    [['assets.0.score', masked]],
  ],
  [
    'an entity without its field',
    '{"_entities":[{},{"score":200}]}',
    scores(null, 200),
    [['assets.0.score', masked]],
  ],
  [
    'an entity with a text for a number',
    '{"_entities":[{"score":"1"},{"score":200}]}',
    scores(null, 200),
    [['assets.0.score', masked]],
  ],
  // Nobody asked for types or keys here: an entity is whose place it stands at.
  [
    'entities of another type',
    '{"_entities":[{"__typename":"Ghost","score":100},{"__typename":7,"score":200}]}',
    scores(100, 200),
  ],
  [
    'entities out of order',
    '{"_entities":[{"id":"2","score":200},{"id":"1","score":100}]}',
    scores(200, 100),
  ],
  [
    'entities with more than was asked',
    '{"_entities":[{"name":"evil","id":"9","score":100},{"__proto__":{"name":"evil"},"score":200}]}',
    scores(100, 200),
  ],
  [
    'an entity whose only key is __proto__',
    '{"_entities":[{"__proto__":{"score":9}},{"score":200}]}',
    scores(null, 200),
    [['assets.0.score', masked]],
  ],
]

/** The same with errors beside the entities. */
const withErrors: [name: string, entities: string, error: string, data: unknown, errors: Fault['errors']][] =
  [
    [
      'an error at one entity',
      '[null,{"score":200}]',
      `${refused},"path":["_entities",0]}`,
      scores(null, 200),
      [['assets.0.score', 'FORBIDDEN']],
    ],
    [
      'an error at one field',
      '[{"score":null},{"score":200}]',
      `${refused},"path":["_entities",0,"score"]}`,
      scores(null, 200),
      [['assets.0.score', 'FORBIDDEN']],
    ],
    [
      'an error at no entity',
      '[{"score":100},{"score":200}]',
      `${refused},"path":["_entities",7]}`,
      scores(100, 200),
      [],
    ],
    [
      'an error at entity -1',
      '[{"score":100},{"score":200}]',
      `${refused},"path":["_entities",-1,"score"]}`,
      scores(100, 200),
      [],
    ],
    [
      'an error at entity "0"',
      '[null,{"score":200}]',
      `${refused},"path":["_entities","0"]}`,
      scores(null, 200),
      [['assets.0.score', 'FORBIDDEN']],
    ],
    [
      'an error of all entities',
      'null',
      `${refused},"path":["_entities"]}`,
      scores(null, null),
      both('FORBIDDEN'),
    ],
    [
      'an error and too few entities',
      '[{"score":100}]',
      `${refused},"path":["_entities",1]}`,
      scores(null, null),
      [
        ['assets.1.score', 'FORBIDDEN'],
        ['assets.0.score', masked],
      ],
    ],
    [
      'an error of nothing',
      '[null,{"score":200}]',
      `${refused}}`,
      scores(null, 200),
      [['assets.0.score', 'FORBIDDEN']],
    ],
  ]

export const entityFaults: Fault[] = [
  ...cases.map(
    ([name, data, shown, errors = []]): Fault => ({
      name: `answers ${name}`,
      query,
      answer: body(`{"data":${data}}`),
      data: shown,
      errors,
      calls: 1,
    }),
  ),
  ...withErrors.map(
    ([name, entities, error, shown, errors = []]): Fault => ({
      name: `answers ${name}`,
      query,
      answer: body(`{"data":{"_entities":${entities}},"errors":[${error}]}`),
      data: shown,
      errors,
      calls: 1,
    }),
  ),
  {
    name: 'answers null where an entity may have none',
    query: '{ owner assets { name grade } }',
    answer: body('{"data":{"_entities":[{"grade":1},{"grade":null}]}}'),
    data: null,
    errors: [['assets.1.grade', masked]],
  },
  {
    name: 'answers 100,000 lists in an entity',
    query: '{ assets { name part { size } } }',
    answer: body(`{"data":{"_entities":[{"part":${deep}},{"part":{"size":2}}]}}`),
    data: {
      assets: [
        { name: 'web', part: null },
        { name: 'db', part: { size: 2 } },
      ],
    },
    errors: [['assets.0.part', masked]],
  },
]

import { type Random, times } from './random.ts'

/** Texts that are no documents, or that hide what they are. */
export const texts: Record<string, (random: Random) => string> = {
  comments: (r) =>
    times(r.between(50_001, 200_000), () => r.pick(['#', '#a']), '\n').concat('\n{ me { id } }'),
  'comments before nonsense': (r) => `${'#\n'.repeat(r.between(1_000, 49_000))}{ nope }`,
  'commas and blanks': (r) =>
    `{ ${r.pick([',', ' ', '\t', '\n', ',\n']).repeat(r.between(60_000, 99_000))} nope }`,
  'fields without end': (r) => `{ ${`${r.pick(['me', 'id', 'a'])} `.repeat(r.between(15_000, 30_000))} }`,
  'brackets without end': (r) =>
    r.pick(['{ a ', '{ a(b: [', '{ ... ', '{ a(b: {c: ', '[', '(', '{']).repeat(r.between(200, 10_000)),
  'brackets that end': (r) => {
    const levels = r.between(1_000, 7_000)
    const [open, close] = r.pick([
      ['{ a ', '}'],
      ['{ ... ', '}'],
    ] as const)
    return `${open.repeat(levels)} { a } ${close.repeat(levels)}`
  },
  punctuation: (r) =>
    times(r.between(1, 4_000), () =>
      r.pick(['!', '$', '&', '(', ')', '...', ':', '=', '@', '[', ']', '{', '|', '}']),
    ),
  soup: (r) => times(r.between(2, 3_000), () => r.pick(words)),
  'block strings': (r) =>
    `{ alerts(filter: { search: """${r
      .pick(['x', ' x\n', '\\"""', 'x\n\t'])
      .repeat(r.between(51_000, 90_000))
      .slice(0, 95_000)}""" }) { edges { cursor } } } ${'x '.repeat(20)}`,
  'block strings of blank lines': (r) =>
    `{ nope(a: """${r.pick(['\n', ' \n', '\r\n', '\t\n']).repeat(r.between(10_000, 30_000))}""") }`,
  'strings without end': (r) => `{ a(b: ${r.pick(['"', '"""'])}${'x'.repeat(r.between(1, 90_000))}`,
  'long strings': (r) =>
    `{ alerts(filter: { search: "${'x'.repeat(r.between(50_001, 90_000))}" }) { edges { cursor } } }`,
  'long names': (r) =>
    `${r.pick(['{ ', '{ a: ', 'query ', '{ ...', '{ me @'])}${'n'.repeat(r.between(5_000, 90_000))} { id } }`,
  numbers: (r) =>
    `{ alerts(first: ${r.pick([
      '1e999999',
      '-1e999999',
      '1'.repeat(r.between(11, 50_000)),
      `-${'9'.repeat(r.between(11, 50_000))}`,
      `1.${'0'.repeat(r.between(1, 50_000))}1`,
      '0x10',
      '00',
      '1_000',
      '1.',
      'NaN',
      'Infinity',
      '2147483648',
    ])}) { edges { cursor } } }`,
  escapes: (r) =>
    `{ alerts(filter: { search: "${r.pick(['\\u{110000}', '\\u{}', '\\uD800', '\\uDC00\\uD800', '\\x41', '\\u00G0', '\\u{FFFFFFFFFFFFFFFF}', '\\'])}${r.between(0, 1e6)}" }) { edges { cursor } } }`,
  'escapes in names': (r) =>
    `{ ${r.pick(['\\u006de', 'm\\u0065', '\\u{6d}e', '"me"'])} { id${r.between(0, 1e6)} } }`,
  'characters that look like others': (r) =>
    `{ ${r.pick(['mе', 'ｍｅ', 'm\u200be', 'me\u0301', '\u202eem', 'm\u0000e', '｛me｝', 'me\u2028', '\u{1f600}', 'm\u00ade'])} { id${r.between(0, 1e6)} } }`,
  'names of prototypes, where nothing is': (r) => {
    const name = r.pick(prototypes)
    return r
      .pick([
        `{ ${name}${r.pick(['', ' { id }'])} }`,
        `{ me { ${name} } }`,
        `{ me { ...${name} } }`,
        `{ me { id @${name} } }`,
        `{ alerts(${name}: 1) { edges { cursor } } }`,
        `{ alerts(filter: { ${name}: 1 }) { edges { cursor } } }`,
        `{ ... on ${name} { id } }`,
        `query ($a: ${name}) { me { id } }`,
        `{ alerts(first: $${name}) { edges { cursor } } }`,
        `{ alerts(orderBy: { field: ${name}, direction: ASC }) { edges { cursor } } }`,
        `mutation { ${name}(input: {}) { id } }`,
        `{ me { id } } fragment ${name} on ${name} { ${name} }`,
      ])
      .concat(` # ${r.between(0, 1e9)}`)
  },
}
export const prototypes = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'isPrototypeOf',
]
const words = [
  'query',
  'mutation',
  'fragment',
  'on',
  '{',
  '}',
  '(',
  ')',
  'me',
  'id',
  '$a',
  ':',
  '...',
  '@skip',
  '"x"',
  '1',
  'null',
  'true',
  '[',
  ']',
  '!',
  '=',
  'subscription',
  '__typename',
  '#\n',
  '"""',
  '\\',
]

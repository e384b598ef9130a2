import { type CvssScore as Score, scoreVector } from '#kit/cvss.ts'
import { invalid } from '#kit/errors.ts'
import { differs } from '../rules-cvss.ts'
import type { Cvss } from '../tables.ts'
import { builder } from './builder.ts'
import { Severity } from './details.ts'

const words = 'What the score takes in: B, BT, BE or BTE of CVSS 4.0; base, temporal or environmental before.'
const all = 'By all metrics of the vector, 0.0 to 10.0.'
const alone = 'By its base metrics alone.'
/** What is stored was valid when it was. */
const scoreOf = ({ vector }: Cvss) => scoreVector(vector)

export const CvssRating = builder.objectRef<Cvss>('CvssRating').implement({
  needs: 'inherited',
  description: 'One rating of a weakness; its score is computed from its vector.',
  fields: (t) => ({
    version: t.exposeString('version', { description: '2.0, 3.0, 3.1 or 4.0.' }),
    vector: t.exposeString('vector'),
    score: t.exposeFloat('score', { description: `${all} Of 2.0 what its source states.` }),
    baseScore: t.float({ description: alone, resolve: (of) => scoreOf(of)?.baseScore ?? of.score }),
    severity: t.field({
      type: Severity,
      description: 'The score in the words of its version.',
      resolve: (of) => scoreOf(of)?.severity ?? 'unknown',
    }),
    source: t.exposeString('source', { description: 'Who rated it.' }),
    nomenclature: t.string({ description: words, resolve: (of) => scoreOf(of)?.nomenclature ?? 'base' }),
    statedScore: t.float({
      nullable: true,
      description: 'What its source states beside the vector, if it does.',
      resolve: (of) => of.statedScore ?? null,
    }),
    isMismatch: t.boolean({
      description: 'Whether what is stated is neither the score nor the base score: then the vector counts.',
      resolve: (of) => differs(of, scoreOf(of)),
    }),
  }),
})

const CvssScore = builder.objectRef<Score>('CvssScore').implement({
  needs: 'signedIn',
  description: 'What follows from a CVSS vector.',
  fields: (t) => ({
    version: t.exposeString('version', { description: '2.0, 3.0, 3.1 or 4.0.' }),
    vector: t.exposeString('vector'),
    score: t.exposeFloat('score', { description: all }),
    baseScore: t.exposeFloat('baseScore', { description: alone }),
    severity: t.expose('severity', { type: Severity }),
    nomenclature: t.exposeString('nomenclature', { description: words }),
  }),
})

builder.queryField('cvss', (t) =>
  t.field({
    type: CvssScore,
    description: 'The score of a CVSS vector of version 2.0, 3.0, 3.1 or 4.0, as FIRST defines it.',
    authScopes: { signedIn: true },
    args: { vector: t.arg.string({ required: true }) },
    resolve: (_root, { vector }) => {
      const scored = scoreVector(vector)
      if (!scored) throw invalid('vector', 'Must be a CVSS vector that has every base metric once')
      return scored
    },
  }),
)

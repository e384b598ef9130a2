import { screaming } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import { load } from '#kit/loader.ts'
import { listPer } from '#kit/lookup.ts'
import * as checkResults from '../model/check-result.ts'
import * as frameworks from '../model/framework.ts'
import * as postures from '../model/posture.ts'
import { type Standing, statusOf } from '../rules.ts'
import { controlStatuses, type FrameworkRow, grades, type Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { CheckResultConnection, checkResultArgs } from './check-result.ts'
import { Control } from './control.ts'
import { Framework, findFramework } from './framework.ts'

const ControlStatus = builder.enumType('ControlStatus', {
  description:
    'What the checks of a control say together: one that fails or cannot be run makes it FAIL, else one that ' +
    'warns makes it WARN. NOT_ASSESSED when none has said anything.',
  values: screaming(controlStatuses),
})
const Grade = builder.enumType('Grade', {
  description: 'A from a score of 90, B from 80, C from 70, D from 60, F below.',
  values: screaming(grades),
})

builder.objectFields(Control, (t) => ({
  status: t.field({
    type: ControlStatus,
    description: 'What its checks say now; of a category, the checks of all its subcategories.',
    resolve: async (control, _args, context) => {
      const batch = (ids: readonly string[]) => context.tenant((trx) => postures.tallies(trx, ids))
      return statusOf((await load(context.loaders, 'tally', control.id, batch))!)
    },
  }),
  failures: t.field({
    type: CheckResultConnection,
    nullable: true,
    description: 'The results that keep it from passing, worst check first.',
    args: checkResultArgs,
    listSize: lists.size,
    resolve: (control, args, context) =>
      listPer(context, checkResults.failures, 'controlId', control.id, args),
  }),
}))

type Posture = Standing & { framework: FrameworkRow; asOf: Date | null }

/** Nothing of it ends by the clock: it stands until a result, a mapping or a check changes. */
const asked = ({ id, version, updatedAt }: FrameworkRow, asOf: Date | null) =>
  ({ name: 'posture', variables: [id, version, updatedAt, asOf], keep: 'reference' }) as const

const PostureType = builder.objectRef<Posture>('Posture').implement({
  needs: 'compliance:read',
  description:
    'How the organization stands against a framework, over the controls that have none below them. ' +
    'The score says how good it is where somebody looked, the coverage how far anybody did.',
  fields: (t) => ({
    framework: t.field({ type: Framework, resolve: (posture) => posture.framework }),
    score: t.exposeFloat('score', {
      nullable: true,
      description: '0 to 100 over the assessed controls, weighed by their worst check; null without any.',
    }),
    coverage: t.exposeFloat('coverage', { description: '0 to 100: assessed of applicable controls.' }),
    grade: t.field({
      type: Grade,
      nullable: true,
      description: 'Null below a coverage of 80.',
      resolve: (posture) => posture.grade,
    }),
    total: t.exposeInt('total', { description: 'Controls of the framework.' }),
    applicable: t.exposeInt('applicable', { description: 'Those whose checks do not all say otherwise.' }),
    assessed: t.exposeInt('assessed', { description: 'passed + warned + failed.' }),
    passed: t.exposeInt('passed'),
    warned: t.exposeInt('warned'),
    failed: t.exposeInt('failed'),
    notAssessed: t.exposeInt('notAssessed'),
    unmappedChecks: t.int({
      description: 'Checks with results that speak for no control of this framework.',
      resolve: ({ framework, asOf }, _args, context) =>
        context.remember({ ...asked(framework, asOf), name: 'unmappedChecks' }, () =>
          context.tenant((trx) => postures.unmapped(trx, framework.id, asOf)),
        ),
    }),
  }),
})

async function chosen(context: Context<Tables>, id: string | null | undefined): Promise<FrameworkRow> {
  const framework = id ? await findFramework(context, id) : await context.tenant(frameworks.first)
  if (!framework) throw notFound('Framework')
  return framework
}

builder.queryField('posture', (t) =>
  t.field({
    type: PostureType,
    description: 'How the organization stands against a framework; the first by name unless one is named.',
    authScopes: { permission: 'compliance:read' },
    args: {
      frameworkId: t.arg.id(),
      asOf: t.arg({ type: 'DateTime', description: 'As it was then, whatever has been said since.' }),
    },
    resolve: async (_root, { frameworkId, asOf }, context) => {
      const framework = await chosen(context, frameworkId)
      const then = asOf && asOf < context.clock() ? asOf : null
      const standing = await context.remember(asked(framework, then), () =>
        context.tenant((trx) => postures.of(trx, framework.id, then)),
      )
      return { ...standing, framework, asOf: then }
    },
  }),
)

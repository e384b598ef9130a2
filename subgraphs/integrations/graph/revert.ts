import type { Reverted } from '../model/peers.ts'
import { revert } from '../model/revert.ts'
import type { ImportRunRow } from '../tables.ts'
import { builder } from './builder.ts'
import { ImportRun } from './import-run.ts'
import { Vulnerability } from './refs.ts'

const RevertImportInput = builder.inputType('RevertImportInput', {
  description: 'The import whose changes shall be set back.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const LeftFinding = builder.objectRef<Reverted['kept'][number]>('LeftFinding').implement({
  needs: 'inherited',
  description: 'A finding that was left as it is.',
  fields: (t) => ({
    vulnerability: t.field({ type: Vulnerability, nullable: true, resolve: ({ id }) => ({ id }) }),
    reason: t.exposeString('reason'),
  }),
})
const RevertImportPayload = builder
  .objectRef<Reverted & { run: ImportRunRow }>('RevertImportPayload')
  .implement({
    needs: 'inherited',
    description: 'What was set back.',
    fields: (t) => ({
      // Who may import is told what became of it.
      run: t.field({ type: ImportRun, needs: 'vulnerabilities:import', resolve: ({ run }) => run }),
      restored: t.exposeInt('restored', {
        description: 'Findings that stand as they did before the import.',
      }),
      kept: t.field({
        type: [LeftFinding],
        description: 'Findings that were changed since, by people or by another scan.',
        resolve: ({ kept }) => kept,
      }),
    }),
  })

builder.mutationField('revertImport', (t) =>
  t.field({
    type: RevertImportPayload,
    description:
      'Sets the findings that an import has changed back to how they stood before it, but for those that somebody has ' +
      'changed since; findings that it added are withdrawn. Only the latest import of its scope can be reverted. What ' +
      'it said of checks is set back too.',
    authScopes: { permission: 'vulnerabilities:import' },
    args: { input: t.arg({ type: RevertImportInput, required: true }) },
    resolve: (_root, { input }, context) => revert(context, input.id),
  }),
)

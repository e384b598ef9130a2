import type { AlertRow } from '../tables.ts'
import { Alert } from './alert.ts'
import { builder } from './builder.ts'

/** What a mutation of one alert gives: the alert. */
export const alertPayload = (name: string, description: string) =>
  builder.objectRef<{ alert: AlertRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({ alert: t.field({ type: Alert, resolve: ({ alert }) => alert }) }),
  })

export const expectedVersion = {
  description: 'Refuses with CONFLICT when the version is another one by now.',
}

import type { GraphQLSchema } from 'graphql'
import { access } from './access.ts'
import { alerts } from './alerts.ts'
import { apiKeys } from './api-keys.ts'
import { assets } from './assets.ts'
import { auth } from './auth.ts'
import { compliance } from './compliance.ts'
import { factors } from './factors.ts'
import { identity } from './identity.ts'
import { integrations } from './integrations.ts'
import { metrics } from './metrics.ts'
import { reports } from './reports.ts'
import type { Route } from './route.ts'
import { sso } from './sso.ts'
import { vulnerabilities } from './vulnerabilities.ts'

/** Every REST door but the upload and the download, group by group. */
export const routes = (schema: GraphQLSchema): Route[] => [
  ...auth(),
  ...sso(),
  ...factors(),
  ...identity(schema),
  ...access(schema),
  ...apiKeys(schema),
  ...assets(schema),
  ...alerts(schema),
  ...vulnerabilities(schema),
  ...compliance(schema),
  ...integrations(schema),
  ...reports(schema),
  ...metrics(),
]

import type { GraphQLSchema } from 'graphql'
import { access } from './access.ts'
import { alertComments } from './alert-comments.ts'
import { alerts } from './alerts.ts'
import { apiKeys } from './api-keys.ts'
import { assets } from './assets.ts'
import { audit } from './audit.ts'
import { auth } from './auth.ts'
import { bulk } from './bulk.ts'
import { compliance } from './compliance.ts'
import { credentials } from './credentials.ts'
import { factors } from './factors.ts'
import { identity } from './identity.ts'
import { incidents } from './incidents.ts'
import { integrations } from './integrations.ts'
import { metrics } from './metrics.ts'
import { people } from './people.ts'
import { recurrenceRules } from './recurrence-rules.ts'
import { rekey } from './rekey.ts'
import { reports } from './reports.ts'
import { riskAcceptances } from './risk-acceptances.ts'
import type { Route } from './route.ts'
import { search } from './search.ts'
import { sso } from './sso.ts'
import { suppressionRules } from './suppression-rules.ts'
import { vulnerabilities } from './vulnerabilities.ts'

/** Every REST door but the upload and the download, group by group. */
export const routes = (schema: GraphQLSchema): Route[] => [
  ...auth(),
  ...factors(),
  ...sso(),
  ...identity(schema),
  ...access(schema),
  ...apiKeys(schema),
  ...rekey(),
  ...people(),
  ...audit(schema),
  ...assets(schema),
  ...alerts(schema),
  ...bulk(),
  ...alertComments(),
  ...incidents(schema),
  ...suppressionRules(schema),
  ...recurrenceRules(schema),
  ...vulnerabilities(schema),
  ...riskAcceptances(schema),
  ...compliance(schema),
  ...integrations(schema),
  ...credentials(),
  ...reports(schema),
  ...metrics(schema),
  ...search(),
]

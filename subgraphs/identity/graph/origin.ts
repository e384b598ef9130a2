import * as origins from '../model/origin.ts'
import { builder } from './builder.ts'

builder.queryField('allowsOrigin', (t) =>
  t.boolean({
    description:
      'Whether the viewer’s organization lets pages of an origin in, or, for the anonymous, any does. For the gateway’s door only.',
    inaccessible: true,
    skipTypeScopes: true,
    authScopes: { peer: 'door' },
    args: { origin: t.arg.string({ required: true }) },
    resolve: (_root, { origin }, { db, viewer }) => origins.isAllowed(db, viewer, origin),
  }),
)

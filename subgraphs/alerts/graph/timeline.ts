import { screaming } from '#kit/builder.ts'
import { listPer } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import * as timeline from '../model/timeline.ts'
import { timelineKinds } from '../tables.ts'
import { Alert } from './alert.ts'
import { builder, lists } from './builder.ts'
import { Comment, find as findComment } from './comment.ts'
import { AlertPriority, AlertStatus, AlertVerdict } from './enums.ts'
import { find as findIncident, Incident } from './incident.ts'
import { User } from './refs.ts'

const AlertTimelineKind = builder.enumType('AlertTimelineKind', {
  description:
    'What an entry tells of: CREATED, a new STATUS, ASSIGNED to another, INCIDENT attached or detached, something else ' +
    'CHANGED, a COMMENT, or that it OCCURRED again.',
  values: screaming(timelineKinds),
})
const AlertTimelineEntry = builder.objectRef<timeline.TimelineRow>('AlertTimelineEntry').implement({
  needs: 'inherited',
  description: 'One thing that happened to an alert. What an entry does not tell of is null.',
  fields: (t) => ({
    id: t.exposeID('id'),
    at: t.expose('at', { type: 'DateTime' }),
    kind: t.field({ type: AlertTimelineKind, resolve: (entry) => entry.kind }),
    by: t.field({
      type: User,
      nullable: true,
      description: 'Who did it; null for a machine.',
      resolve: (entry) => to(entry.byId),
    }),
    fromStatus: t.field({ type: AlertStatus, nullable: true, resolve: (entry) => entry.fromStatus }),
    status: t.field({ type: AlertStatus, nullable: true, resolve: (entry) => entry.status }),
    fromAssignee: t.field({ type: User, nullable: true, resolve: (entry) => to(entry.fromAssigneeId) }),
    assignee: t.field({ type: User, nullable: true, resolve: (entry) => to(entry.assigneeId) }),
    fromIncident: t.field({
      type: Incident,
      nullable: true,
      resolve: (entry, _args, context) =>
        entry.fromIncidentId ? findIncident(context, entry.fromIncidentId) : null,
    }),
    incident: t.field({
      type: Incident,
      nullable: true,
      resolve: (entry, _args, context) => (entry.incidentId ? findIncident(context, entry.incidentId) : null),
    }),
    verdict: t.field({ type: AlertVerdict, nullable: true, resolve: (entry) => entry.verdict }),
    priority: t.field({ type: AlertPriority, nullable: true, resolve: (entry) => entry.priority }),
    note: t.exposeString('note', { nullable: true, description: 'Why it waits, or how it ended.' }),
    comment: t.field({
      type: Comment,
      nullable: true,
      resolve: (entry, _args, context) => (entry.commentId ? findComment(context, entry.commentId) : null),
    }),
    occurrences: t.exposeInt('occurrences', {
      nullable: true,
      description: 'How often it came back in the hour of this entry.',
    }),
    lastAt: t.expose('lastAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The last time in that hour.',
    }),
  }),
})
const AlertTimelineEntryConnection = lists.connection(AlertTimelineEntry)

builder.objectField(Alert, 'timeline', (t) =>
  t.field({
    type: AlertTimelineEntryConnection,
    description: 'All that happened to it, newest first: changes, comments and repeats.',
    args: {
      first: t.arg.int({ description: 'Size of a page, 0 to 100; 20 unless said.' }),
      after: t.arg.string({ description: 'The cursor to go on from.' }),
    },
    listSize: { ...lists.size, slicingArguments: ['first'] },
    resolve: ({ id }, args, context) => listPer(context, timeline.spec, 'alertId', id, args),
  }),
)

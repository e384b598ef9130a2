import { reference, screaming } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, one } from '#kit/lookup.ts'
import * as reports from '../model/report.ts'
import { type ReportRow, reportFormats, reportLists, type Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { Severity } from './check-result.ts'
import { Operation, User } from './refs.ts'

export const Report = builder.objectRef<ReportRow>('Report')

const OperationStatus = lists.operationStatus()
const ReportList = builder.enumType('ReportList', {
  description: 'The list that a report is of.',
  values: screaming(reportLists),
})
const ReportFormat = builder.enumType('ReportFormat', {
  description: 'CSV: a header and a row each, for a spreadsheet. JSON: an array of objects.',
  values: screaming(reportFormats),
})

const find = (context: Context<Tables>, id: string) => one(context, 'report', id, reports.find)

Report.implement({
  needs: 'reports:read',
  description:
    'A list as a file, made for one member: what they may read, and as it was while it was made. Its columns ' +
    'have the names of REST.',
  fields: (t) => ({
    id: t.exposeID('id'),
    list: t.field({ type: ReportList, resolve: (report) => report.list }),
    format: t.field({ type: ReportFormat, resolve: (report) => report.format }),
    status: t.field({
      type: OperationStatus,
      description: 'That of its operation; it can be downloaded once it is COMPLETE.',
      resolve: (report) => report.status,
    }),
    operation: t.field({
      type: Operation,
      nullable: true,
      description: 'How far it is.',
      resolve: (report) => ({ id: report.operationId }),
    }),
    rows: t.exposeInt('rows', {
      nullable: true,
      description: 'Items of the list; null until it is COMPLETE.',
    }),
    bytes: t.exposeFloat('bytes', { nullable: true, description: 'The size of the file.' }),
    sha256: t.exposeString('sha256', { nullable: true, description: 'Of the file, in hexadecimal.' }),
    requestedBy: t.field({
      type: User,
      nullable: true,
      resolve: (report) => ({ id: report.requestedBy }),
    }),
    errorCode: t.exposeString('errorCode', { nullable: true, description: 'Why it failed, for programs.' }),
    errorMessage: t.exposeString('errorMessage', {
      nullable: true,
      description: 'Why it failed, for people.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
  }),
})
builder.asEntity(Report, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('reports:read', find),
})

const ReportConnection = lists.connection(Report)
const ReportFilter = builder.inputType('ReportFilter', {
  description: 'Which reports to list.',
  fields: (t) => ({
    status: t.field({ type: [OperationStatus] }),
    list: t.field({ type: [ReportList] }),
    format: t.field({ type: [ReportFormat] }),
    createdAt: t.field({ type: lists.timeRange }),
  }),
})
const listArgs = lists.args(ReportFilter, lists.order('Report', reports.spec))

builder.queryFields((t) => ({
  report: t.field({
    type: Report,
    nullable: true,
    description: 'One report, or null.',
    authScopes: { permission: 'reports:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  reports: t.field({
    type: ReportConnection,
    description: 'The reports of the organization, newest first.',
    authScopes: { permission: 'reports:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, reports.spec, args),
  }),
}))

const GenerateReportInput = builder.inputType('GenerateReportInput', {
  description: 'What a report shall be of.',
  fields: (t) => ({
    list: t.field({ type: ReportList, required: true }),
    format: t.field({ type: ReportFormat, required: true }),
    severity: t.field({ type: [Severity], description: 'Only these; of alerts and vulnerabilities.' }),
    search: t.string({ description: 'What the list is searched for.' }),
  }),
})
const GenerateReportPayload = builder.objectRef<ReportRow>('GenerateReportPayload').implement({
  needs: 'inherited',
  description: 'The report that was asked for, and the operation to follow it by.',
  fields: (t) => ({
    report: t.field({ type: Report, resolve: (report) => report }),
    operation: t.field({
      type: Operation,
      nullable: true,
      resolve: (report) => ({ id: report.operationId }),
    }),
  }),
})

builder.mutationField('generateReport', (t) =>
  t.field({
    type: GenerateReportPayload,
    description: 'Asks for a list as a file. It is made after the answer; follow it by `operation`.',
    authScopes: { permission: 'reports:create' },
    args: { input: t.arg({ type: GenerateReportInput, required: true }) },
    resolve: async (_root, { input: { list, format, severity, search } }, context) => {
      const filter = { ...(severity && { severity }), ...(search && { search }) }
      const id = await reports.generate(context, { list, format, filter })
      return (await find(context, id))!
    },
  }),
)

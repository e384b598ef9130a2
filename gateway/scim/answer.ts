import type { FastifyReply } from 'fastify'
import type { ErrorCode, ErrorDetail } from '#kit/errors.ts'
import { statusOfCode } from '#kit/errors.ts'
import type { PublicError } from '../errors.ts'

export type Resource = Record<string, unknown>

export const mediaType = 'application/scim+json'
export const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'

export const send = (reply: FastifyReply, body: unknown): FastifyReply =>
  reply.type(`${mediaType}; charset=utf-8`).send(JSON.stringify(body))

const isVersion = ({ field }: ErrorDetail) => field === 'expectedVersion'
const syntax: ErrorCode[] = ['BAD_REQUEST', 'GRAPHQL_VALIDATION_FAILED']

/** An error as RFC 7644, 3.12 writes it. */
export function refuseScim(reply: FastifyReply, { code, message, details }: PublicError): FastifyReply {
  const status = details.some(isVersion) ? 412 : statusOfCode[code]
  const named = details.find(({ field }) => field === 'scimType')?.message
  const scimType =
    named ?? (status === 400 ? (syntax.includes(code) ? 'invalidSyntax' : 'invalidValue') : undefined)
  if (code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer')
  return send(reply.code(status), {
    schemas: [errorSchema],
    status: String(status),
    ...(scimType && { scimType }),
    detail: message,
  })
}

/** A whole resource, with where it is and which version it has. */
export function sendResource(reply: FastifyReply, resource: Resource, shown: Resource): FastifyReply {
  const { version, location } = resource.meta as { version: string; location: string }
  return send(reply.headers({ etag: version, location }), shown)
}

/** AWS KMS as the tests have it, over HTTP: two keys, and what they say of a wrong key or context. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Body = {
  KeyId: string
  Plaintext?: string
  CiphertextBlob?: string
  EncryptionContext: Record<string, string>
}
type Called = Body & { target: string; authorization: string }

const arnOf = (name: string) => `arn:aws:kms:eu-central-1:111122223333:key/${name}`
export const kmsKeys = [arnOf('one'), arnOf('two')] as const
const bindingOf = ({ EncryptionContext: of }: Body) =>
  Buffer.from(JSON.stringify(Object.entries(of).toSorted()))

export async function openTestKms(t: { after(close: () => unknown): void }) {
  const calls: Called[] = []
  const state = { instead: null as ((response: ServerResponse) => unknown) | null }
  const keys = new Map(kmsKeys.map((arn) => [arn as string, randomBytes(32)]))

  function answer({ target, ...body }: Called): [status: number, body: object] {
    const key = keys.get(body.KeyId)
    if (!key) return [400, { __type: 'NotFoundException', message: 'no such key' }]
    if (target === 'TrentService.Encrypt') {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bindingOf(body))
      const bytes = [nonce, cipher.update(body.Plaintext!, 'base64'), cipher.final(), cipher.getAuthTag()]
      return [200, { KeyId: body.KeyId, CiphertextBlob: Buffer.concat(bytes).toString('base64') }]
    }
    const bytes = Buffer.from(body.CiphertextBlob!, 'base64')
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(bindingOf(body))
      decipher.setAuthTag(bytes.subarray(-16))
      const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
      return [200, { KeyId: body.KeyId, Plaintext: plain.toString('base64') }]
    } catch {
      return [400, { __type: 'InvalidCiphertextException' }]
    }
  }

  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { 'x-amz-target': target, authorization } = request.headers
    const call = { ...JSON.parse(text), target: String(target), authorization: String(authorization) }
    calls.push(call)
    if (state.instead) return state.instead(response)
    const [status, body] = answer(call)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, state }
}

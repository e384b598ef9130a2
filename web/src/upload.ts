import { sessionGoesOn } from './renewal.ts'
import { type Refusal, refusalOf } from './rest.ts'

/** The import that has begun, or why it has not. */
export type Uploaded = { runId: string } | { refusal: Refusal }

const unreachable = { code: 'OFFLINE', message: 'Nexus does not answer. Are you online?' }

/**
 * Sends a report. `fetch` does not tell how far it has come, so that this is the older way.
 * @param onProgress is told the part that is sent, 0 to 1
 */
export async function upload(file: File, onProgress: (part: number) => void): Promise<Uploaded> {
  // Only what begins with a good token is taken, however long it then takes.
  await sessionGoesOn()
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('POST', `/api/v1/integrations/imports?file=${encodeURIComponent(file.name.slice(-255))}`)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.responseType = 'json'
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0)
    request.onerror = () => resolve({ refusal: unreachable })
    request.onload = () => {
      const id: unknown = request.response?.data?.id
      if (request.status === 202 && typeof id === 'string') resolve({ runId: id })
      else resolve({ refusal: refusalOf(request.status, request.response) })
    }
    request.send(file)
  })
}

import { Check } from 'lucide-react'
import { useMutation } from 'urql'
import { requestIdOf } from '../client.ts'
import { type AlertStatus, type AssetType, graphql, type Severity } from '../graphql.ts'
import { AssetLink } from './asset-link.tsx'
import { SeverityTag } from './severity.tsx'
import { StatusTag } from './status.tsx'
import { Time } from './time.tsx'
import { say } from './toasts.tsx'

const Acknowledge = graphql(`
  mutation Acknowledge($input: AcknowledgeAlertInput!) {
    acknowledgeAlert(input: $input) {
      alert { id status acknowledgedAt assignee { id name email } }
    }
  }
`)

export type ShownAlert = {
  id: string
  severity: Severity
  status: AlertStatus
  title: string
  description: string | null
  source: string | null
  occurrenceCount: number
  lastSeenAt: string
  asset?: { id: string; name: string; type: AssetType } | null
  assignee: { name: string | null; email: string } | null
}

export function AlertRow({ alert, isOnAsset = false }: { alert: ShownAlert; isOnAsset?: boolean }) {
  const { severity, status, title, description, source, occurrenceCount, lastSeenAt, asset, assignee } = alert
  return (
    <tr tabIndex={-1}>
      <td className="c-severity">
        <SeverityTag value={severity} />
      </td>
      <td className="c-main">
        <span className="title">
          {title}
          {occurrenceCount > 1 && (
            <span className="times" title={`Seen ${occurrenceCount} times`}>
              ×{occurrenceCount.toLocaleString('en')}
            </span>
          )}
        </span>
        <span className="sub">
          {source && <span className="source">{source}</span>}
          {description}
        </span>
      </td>
      {!isOnAsset && (
        <td className="c-asset">
          {asset ? <AssetLink asset={asset} /> : <span className="nothing">None</span>}
        </td>
      )}
      <td className="c-status">
        <StatusTag value={status} />
        {assignee && (
          <span className="sub" title={assignee.email}>
            {assignee.name ?? assignee.email}
          </span>
        )}
      </td>
      <td className="c-time">
        <Time at={lastSeenAt} />
      </td>
      <td className="c-action">{status === 'OPEN' && <AcknowledgeButton id={alert.id} title={title} />}</td>
    </tr>
  )
}

/** Says at once that the alert is acknowledged, and takes it back with the reason when it is not. */
function AcknowledgeButton({ id, title }: { id: string; title: string }) {
  const [, acknowledge] = useMutation(Acknowledge)
  const press = async (row: HTMLElement | null) => {
    // The button goes away; who is on the keyboard stays in the row.
    row?.focus()
    const { error } = await acknowledge({ input: { id } })
    if (!error) return
    const reason = error.networkError ? 'Nexus does not answer' : error.graphQLErrors[0]?.message
    const requestId = requestIdOf(error)
    say('failure', `“${title}” is not acknowledged: ${reason}.${requestId ? ` Request ${requestId}` : ''}`)
  }
  return (
    <button
      type="button"
      className="button small"
      aria-label={`Acknowledge ${title}`}
      onClick={(event) => press(event.currentTarget.closest('tr'))}
    >
      <Check aria-hidden="true" />
      Acknowledge
    </button>
  )
}

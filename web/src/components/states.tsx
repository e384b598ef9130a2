import { CloudOff, Lock, type LucideIcon, TriangleAlert } from 'lucide-react'
import { type ReactNode, useEffect, useEffectEvent, useRef } from 'react'
import type { CombinedError } from 'urql'
import { codeOf, requestIdOf } from '../client.ts'
import { useOnline } from './connection.tsx'

const widths = ['w60', 'w80', 'w50', 'w70', 'w40', 'w75', 'w55', 'w65'] as const

/** Where a list will be. It shows itself only to who has to wait. */
export function Skeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div className="skeleton" role="status">
      <span className="unseen">Loading</span>
      {widths.slice(0, rows).map((width) => (
        <div key={width} aria-hidden="true">
          <i />
          <i className={width} />
        </div>
      ))}
    </div>
  )
}

type NoticeProps = { Icon: LucideIcon; title: string; children: ReactNode; action?: ReactNode; tone?: string }

/** What stands where there is nothing to show. */
export function Notice({ Icon, title, children, action, tone = '' }: NoticeProps) {
  return (
    <div className={`notice ${tone}`}>
      <Icon aria-hidden="true" />
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  )
}

/** Why something could not be shown, and what to do. */
export function Failure({ error, retry }: { error: CombinedError; retry: () => void }) {
  const isOnline = useOnline()
  const wasOnline = useRef(isOnline)
  const comeBack = useEffectEvent(() => {
    if (isOnline && !wasOnline.current) retry()
    wasOnline.current = isOnline
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the network is what is waited for
  useEffect(() => comeBack(), [isOnline])
  const code = codeOf(error)
  const requestId = requestIdOf(error)
  const action = (
    <button type="button" className="button" onClick={retry}>
      Try again
    </button>
  )
  if (!isOnline || error.networkError)
    return (
      <Notice Icon={CloudOff} title={isOnline ? 'Nexus does not answer' : 'You are offline'} action={action}>
        {isOnline
          ? 'The connection was refused or broken. It may be starting again.'
          : 'This is read again when the network is back.'}
      </Notice>
    )
  if (code === 'FORBIDDEN')
    return (
      <Notice Icon={Lock} title="You may not see this">
        {error.graphQLErrors[0]?.message}. An administrator of your organization can grant it.
      </Notice>
    )
  return (
    <Notice Icon={TriangleAlert} title="This could not be read" action={action} tone="bad">
      {error.graphQLErrors[0]?.message ?? error.message}
      {requestId && (
        <>
          <br />
          Request <code>{requestId}</code>
        </>
      )}
    </Notice>
  )
}

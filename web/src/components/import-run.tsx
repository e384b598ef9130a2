import { CircleAlert, CircleCheck, FileJson, X } from 'lucide-react'
import { useEffect, useEffectEvent, useState } from 'react'
import { type Client, useClient } from 'urql'
import { codeOf, requestIdOf } from '../client.ts'
import { graphql, type ResultOf } from '../graphql.ts'
import type { Refusal } from '../rest.ts'
import { sessionEnded } from '../session.ts'
import { upload } from '../upload.ts'

const RunQuery = graphql(`
  query ImportRun($id: ID!) {
    importRun(id: $id) {
      id status format total created updated unchanged reopened closed skipped errorCode errorMessage
      asset { id name }
    }
  }
`)
type Run = NonNullable<ResultOf<typeof RunQuery>['importRun']>

type Stage =
  | { at: 'upload'; part: number }
  | { at: 'work'; run: Run | null }
  | { at: 'done'; run: Run }
  | { at: 'refused'; refusal: Refusal }

const waits = { first: 250, longest: 2_000 }
const counts = ['created', 'updated', 'unchanged', 'reopened', 'closed', 'skipped', 'total'] as const

/** Sends one report and follows its import to the end. */
export function ImportRun({ file, onDone, onDismiss }: { file: File; onDone(): void; onDismiss(): void }) {
  const client = useClient()
  const [attempt, setAttempt] = useState(1)
  const [runId, setRunId] = useState<string | null>(null)
  const [stage, setStage] = useState<Stage>({ at: 'upload', part: 0 })
  const done = useEffectEvent(onDone)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt sends the same file
  useEffect(() => {
    let isWanted = true
    // Waits for the next turn: an effect that is taken back at once must not have sent anything.
    const start = setTimeout(async () => {
      const answer = await upload(file, (part) => isWanted && setStage({ at: 'upload', part }))
      if (!isWanted) return
      if ('refusal' in answer) {
        if (answer.refusal.code === 'UNAUTHENTICATED') sessionEnded()
        return setStage({ at: 'refused', refusal: answer.refusal })
      }
      setStage({ at: 'work', run: null })
      setRunId(answer.runId)
    })
    return () => {
      isWanted = false
      clearTimeout(start)
    }
  }, [file, attempt])

  useEffect(() => {
    if (runId === null) return
    const stopping = new AbortController()
    follow(client, runId, stopping.signal, (next) => {
      setStage(next)
      if (next.at === 'done') done()
    })
    return () => stopping.abort()
  }, [client, runId])

  return (
    <article className={`run ${stage.at}`}>
      {stage.at === 'done' ? (
        <CircleCheck aria-hidden="true" />
      ) : stage.at === 'refused' ? (
        <CircleAlert aria-hidden="true" />
      ) : (
        <FileJson aria-hidden="true" />
      )}
      <div className="what">
        <strong>{file.name}</strong>
        <Told stage={stage} />
      </div>
      {stage.at === 'refused' && runId === null && stage.refusal.code !== 'FORBIDDEN' && (
        <button type="button" className="button small" onClick={() => setAttempt(attempt + 1)}>
          Try again
        </button>
      )}
      {(stage.at === 'done' || stage.at === 'refused') && (
        <button type="button" className="icon-button" aria-label={`Dismiss ${file.name}`} onClick={onDismiss}>
          <X aria-hidden="true" />
        </button>
      )}
    </article>
  )
}

/** Asks how far the run is until it has ended, more and more seldom. */
async function follow(client: Client, id: string, signal: AbortSignal, tell: (stage: Stage) => void) {
  for (let wait = waits.first; !signal.aborted; wait = Math.min(wait * 1.5, waits.longest)) {
    const { data, error } = await client
      .query(RunQuery, { id }, { requestPolicy: 'network-only' })
      .toPromise()
    if (signal.aborted) return
    const run = data?.importRun
    if (run?.status === 'COMPLETE') return tell({ at: 'done', run })
    if (run?.status === 'FAILED')
      return tell({
        at: 'refused',
        refusal: { code: run.errorCode ?? 'FAILED', message: run.errorMessage ?? 'The import failed.' },
      })
    if (run) tell({ at: 'work', run })
    else if (error && !error.networkError && codeOf(error) !== 'UNAUTHENTICATED') {
      const requestId = requestIdOf(error)
      const { message } = error.graphQLErrors[0] ?? error
      return tell({
        at: 'refused',
        refusal: { code: codeOf(error) ?? 'FAILED', message, ...(requestId && { requestId }) },
      })
    }
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
}

function Told({ stage }: { stage: Stage }) {
  switch (stage.at) {
    case 'upload': {
      const percent = Math.round(stage.part * 100)
      return (
        <>
          <span>Uploading {percent} %</span>
          <progress value={percent} max={100} aria-label="Uploaded" />
        </>
      )
    }
    case 'work':
      return (
        <>
          <span>
            {stage.run?.status === 'RUNNING' ? 'Reading and applying the report' : 'Waiting for its turn'}
          </span>
          <progress aria-label="Importing" />
        </>
      )
    case 'done':
      return (
        <>
          <span>
            Imported{stage.run.format && ` as ${stage.run.format}`}
            {stage.run.asset && `, about ${stage.run.asset.name}`}
          </span>
          <dl className="outcome">
            {counts.map((name) => (
              <div key={name} className={stage.run[name] > 0 ? 'some' : 'none'}>
                <dt>{name}</dt>
                <dd>{stage.run[name].toLocaleString('en')}</dd>
              </div>
            ))}
          </dl>
        </>
      )
    case 'refused': {
      const { code, message, requestId } = stage.refusal
      return (
        <span>
          <code>{code}</code> {message}
          {code === 'FORBIDDEN' &&
            '. An administrator of your organization can import it, or grant it to you.'}
          {requestId && (
            <>
              {' '}
              Request <code>{requestId}</code>
            </>
          )}
        </span>
      )
    }
  }
}

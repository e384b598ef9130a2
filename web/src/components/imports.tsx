import { FileDown, Upload } from 'lucide-react'
import { useEffect, useEffectEvent, useState } from 'react'
import { ImportRun } from './import-run.tsx'

type Imports = {
  runs: { id: number; file: File }[]
  isOver: boolean
  add(files: Iterable<File>): void
  remove(id: number): void
  onDone(): void
}

let lastId = 0

/** The imports that were begun on this page: a report may be dropped anywhere on it. */
export function useImports(onDone: () => void): Imports {
  const [runs, setRuns] = useState<Imports['runs']>([])
  const [isOver, setOver] = useState(false)
  const add = (files: Iterable<File>) => {
    const begun = [...files].map((file) => {
      lastId += 1
      return { id: lastId, file }
    })
    setRuns((before) => [...begun, ...before])
  }
  const addDropped = useEffectEvent(add)
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(true)
    }
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(false)
      addDropped(event.dataTransfer?.files ?? [])
    }
    document.addEventListener('dragover', over)
    document.addEventListener('dragleave', leave)
    document.addEventListener('drop', drop)
    return () => {
      document.removeEventListener('dragover', over)
      document.removeEventListener('dragleave', leave)
      document.removeEventListener('drop', drop)
    }
  }, [])
  return {
    runs,
    isOver,
    add,
    remove: (id) => setRuns((before) => before.filter((run) => run.id !== id)),
    onDone,
  }
}

export function ImportButton({ imports }: { imports: Imports }) {
  return (
    <label className="button primary file">
      <Upload aria-hidden="true" />
      <span>
        Import<span className="wide"> report</span>
      </span>
      <input
        type="file"
        multiple
        className="unseen"
        onChange={({ target }) => {
          imports.add(target.files ?? [])
          // The same file may be chosen again.
          target.value = ''
        }}
      />
    </label>
  )
}

export function ImportRuns({ imports }: { imports: Imports }) {
  return (
    <>
      {imports.isOver && (
        <div className="drop" aria-hidden="true">
          <FileDown />
          <strong>Drop to import</strong>
          <span>Trivy JSON, Grype JSON or SARIF 2.1.0</span>
        </div>
      )}
      <section className="runs" aria-label="Imports" aria-live="polite">
        {imports.runs.map(({ id, file }) => (
          <ImportRun key={id} file={file} onDone={imports.onDone} onDismiss={() => imports.remove(id)} />
        ))}
      </section>
    </>
  )
}

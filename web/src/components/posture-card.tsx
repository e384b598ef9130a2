type Posture = {
  score: number | null
  coverage: number
  grade: string | null
  total: number
  applicable: number
  passed: number
  warned: number
  failed: number
  notAssessed: number
  unmappedChecks: number
}

const parts = [
  ['passed', 'Pass'],
  ['warned', 'Warn'],
  ['failed', 'Fail'],
  ['notAssessed', 'Not assessed'],
] as const

/** Score and coverage, which mean nothing without each other. */
export function PostureCard({ posture }: { posture: Posture }) {
  const { score, coverage, grade, applicable, total, unmappedChecks } = posture
  const assessed = applicable - posture.notAssessed
  return (
    <section className="posture" aria-label="Posture">
      <div className="figure">
        <strong>{score === null ? '–' : Math.round(score)}</strong>
        <span>Score{grade === null ? '' : `, grade ${grade}`}</span>
        <small>{score === null ? 'Nothing is assessed yet' : `over ${assessed} assessed controls`}</small>
      </div>
      <div className="figure">
        <strong>
          {coverage.toFixed(1)}
          <i>%</i>
        </strong>
        <span>Coverage</span>
        <small>
          {assessed} of {applicable} applicable controls
          {grade === null && '; a grade needs 80 %'}
        </small>
      </div>
      <div className="breakdown">
        <svg
          className="bar"
          viewBox={`0 0 ${Math.max(total, 1)} 1`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {parts.map(([part], index) => {
            const before = parts.slice(0, index).reduce((sum, [each]) => sum + posture[each], 0)
            return <rect key={part} className={part} x={before} y="0" width={posture[part]} height="1" />
          })}
        </svg>
        <dl>
          {parts.map(([part, name]) => (
            <div key={part}>
              <dt>
                <i className={part} aria-hidden="true" />
                {name}
              </dt>
              <dd>{posture[part]}</dd>
            </div>
          ))}
        </dl>
        {unmappedChecks > 0 && <small>{unmappedChecks} checks speak for no control of this framework.</small>}
      </div>
    </section>
  )
}

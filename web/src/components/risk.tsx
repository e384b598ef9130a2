/** A score of 0 to 100. */
export function Risk({ score }: { score: number }) {
  return (
    <span className="risk">
      <meter min={0} max={100} low={40} high={70} optimum={0} value={score} aria-hidden="true" />
      {score}
    </span>
  )
}

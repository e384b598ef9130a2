type Props<Value extends string> = {
  names: Record<Value, string>
  value: Value
  onChange(value: Value): void
}

/** What a list is ordered by. */
export function Sort<Value extends string>({ names, value, onChange }: Props<Value>) {
  return (
    <label className="sort">
      <span aria-hidden="true">Sort by</span>
      <select aria-label="Sort by" value={value} onChange={(event) => onChange(event.target.value as Value)}>
        {Object.entries<string>(names).map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

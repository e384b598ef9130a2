/** Two entities and the edge between them. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M10 22V10l12 12V10" />
      <circle cx="10" cy="10" r="2.9" />
      <circle cx="22" cy="22" r="2.9" />
    </svg>
  )
}

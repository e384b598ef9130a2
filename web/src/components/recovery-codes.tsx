/** Codes that are shown once. */
export function RecoveryCodes({ codes, done }: { codes: string[]; done(): void }) {
  return (
    <>
      <p role="status">
        Keep these recovery codes where you find them without your devices. Each lets you in once, and they
        are not shown again.
      </p>
      <ul className="codes" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <button type="button" className="button primary" onClick={done}>
        I have kept them
      </button>
    </>
  )
}

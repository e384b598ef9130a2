import { type FormEvent, type InputHTMLAttributes, type ReactNode, useState } from 'react'

type Field = InputHTMLAttributes<HTMLInputElement> & { name: string; label: string }
type Props = {
  fields: Field[]
  action: string
  /** What is done with what was given; answers why it could not be done. */
  submit(given: Record<string, string>): Promise<string | null>
  children?: ReactNode
}

/** Some fields and what to do with them, and beside them in words why it was refused. */
export function SmallForm({ fields, action, submit, children }: Props) {
  const [refusal, setRefusal] = useState<string | null>(null)
  const [isAsking, setAsking] = useState(false)
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (isAsking) return
    const form = event.currentTarget
    const given = Object.fromEntries(
      [...new FormData(form)].map(([name, value]) => [name, String(value).trim()]),
    )
    setAsking(true)
    setRefusal(null)
    const refused = await submit(given)
    setAsking(false)
    setRefusal(refused)
    if (!refused) form.reset()
  }
  return (
    <form className="small-form" onSubmit={onSubmit}>
      {fields.map(({ label, ...field }) => (
        <label key={field.name}>
          {label}
          <input required {...field} />
        </label>
      ))}
      <p role="alert" className="refusal">
        {refusal}
      </p>
      <button type="submit" className="button primary" aria-disabled={isAsking}>
        {action}
      </button>
      {children}
    </form>
  )
}

export const codeField = (label = 'Code of your authenticator'): Field => ({
  name: 'code',
  label,
  inputMode: 'numeric',
  autoComplete: 'one-time-code',
  pattern: '[0-9 ]{6,7}',
  maxLength: 7,
})

/** Coerced variables of one request. */
export type Values = Readonly<Record<string, unknown>>
/** A number, or how to compute it from the variables: what does not depend on them is computed once. */
export type Formula = number | ((values: Values) => number)

export const amountOf = (formula: Formula, values: Values): number =>
  typeof formula === 'number' ? formula : formula(values)

export function sum(formulas: readonly Formula[]): Formula {
  let constant = 0
  const rest: ((values: Values) => number)[] = []
  for (const formula of formulas)
    if (typeof formula === 'number') constant += formula
    else rest.push(formula)
  if (rest.length === 0) return constant
  return (values) => {
    let total = constant
    for (const each of rest) total += each(values)
    return total
  }
}

export function product(one: Formula, other: Formula): Formula {
  if (one === 0 || other === 0) return 0
  if (typeof one === 'number' && typeof other === 'number') return one * other
  return (values) => {
    const first = amountOf(one, values)
    // However much there would be: of nothing there is nothing.
    return first === 0 ? 0 : first * amountOf(other, values)
  }
}

/** Weights may be negative, to make up for others; no field gives back what others cost. */
export function atLeastZero(formula: Formula): Formula {
  if (typeof formula === 'number') return Math.max(0, formula)
  return (values) => Math.max(0, formula(values))
}

/** `IN_PROGRESS` as people write it. */
export function label(value: string): string {
  const words = value.toLowerCase().replaceAll('_', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

const number = new Intl.NumberFormat('en')

/** `10,000` or, where counting stopped there, `10k+`. */
export function total({ count, type }: { count: number; type: 'EXACT' | 'AT_LEAST' }): string {
  if (type === 'EXACT') return number.format(count)
  return count >= 1_000 ? `${Math.floor(count / 1_000)}k+` : `${count}+`
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${number.format(count)} ${count === 1 ? one : many}`

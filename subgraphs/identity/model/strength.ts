import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { invalid } from '#kit/errors.ts'

/** How often a password has to be guessed, at the least, by who knows what people choose: a day at 1,000 a second. */
const fewestGuesses = 1e8
// What is judged of a long one: the time that it takes grows faster than the length.
const judged = 64
// What people of this platform would think of first.
const ours = ['nexus', 'security', 'operations', 'alert', 'compliance', 'vulnerability', 'scanner', 'analyst']

let judge: Promise<ZxcvbnFactory> | undefined

/** 50,000 passwords that many people have chosen: read when the first one is chosen here. */
async function load(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ])
  return new ZxcvbnFactory({
    dictionary: { ...dictionary, ours },
    graphs: adjacencyGraphs,
    maxLength: judged,
  })
}

/**
 * Throws VALIDATION_ERROR for a password that many people have, that is a pattern, or that is made of what is known of
 * its owner.
 * @param about what strangers know: an e-mail, a name, the organization
 */
export async function hardToGuess(password: string, about: readonly string[]): Promise<void> {
  judge ??= load()
  const words = about
    .flatMap((each) => [each, ...each.split(/[^\p{L}\p{N}]+/u)])
    .filter((each) => each.length > 2)
  const { guesses } = (await judge).check(password.slice(0, judged), words)
  if (guesses < fewestGuesses)
    throw invalid('password', 'Too easy to guess: take one that nobody would think of')
}

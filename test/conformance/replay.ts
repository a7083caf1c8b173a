import { compareAnswers, type Difference } from './compare.ts'
import {
  answerAsCaptured,
  type CapturedResponse,
  type Exchange,
  type Places,
  requestHere,
  volatilePlaces
} from './exchange.ts'
import { send } from './rest-client.ts'
import { Story } from './story.ts'

/** A captured exchange, and what came of it here. */
export interface Replayed {
  readonly exchange: Exchange
  readonly answer: CapturedResponse
  /** None where the captured answer is not given. */
  readonly differences: readonly Difference[]
}

/** How long a state may take to become what it was when it was captured. */
const SETTLE_MS = 15_000
const PAUSE_MS = 50

/**
 * Makes all requests in their order. A read is repeated until it is answered as captured, for some
 * seconds: the capture slept before those that need it.
 *
 * @param meant whether the differences are all known; then it is not repeated
 */
export async function replay(
  exchanges: readonly Exchange[],
  places: Places,
  meant: (
    exchange: Exchange,
    differences: readonly Difference[],
    answer: CapturedResponse
  ) => boolean
): Promise<Replayed[]> {
  const base = `http://${places.worker}`
  const story = new Story(base, places.files)
  await story.begin()
  const replayed: Replayed[] = []
  for (const exchange of exchanges) {
    const deadline = performance.now() + SETTLE_MS
    let outcome = await once(exchange, places)
    const repeatable = exchange.request.method === 'GET'
    while (
      repeatable &&
      !meant(exchange, outcome.differences, outcome.answer) &&
      performance.now() < deadline
    ) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      outcome = await once(exchange, places)
    }
    replayed.push(outcome)
    await story.after(exchange.case)
  }
  return replayed
}

const volatile = volatilePlaces()

/** What a task may be when it is asked for in the midst of a restart. */
const RESTARTING = new Set(['RESTARTING', 'UNASSIGNED', 'RUNNING'])

/** Whether an answer depends on the moment, and this is one that it may have. */
function dependsOnMoment(name: string, { at, got }: Difference): boolean {
  const place = volatile.get(name)?.find((one) => one.at === at)
  if (place === undefined) return false
  return place.other === got || (at.endsWith('.state') && RESTARTING.has(String(got)))
}

async function once(exchange: Exchange, places: Places): Promise<Replayed> {
  const sent = await send(`http://${places.worker}`, requestHere(exchange.request, places))
  const answer = answerAsCaptured(sent, places)
  const expected = exchange.response
  const differences = expected ? compareAnswers(expected, answer) : []
  const steady = differences.filter((one) => !dependsOnMoment(exchange.case, one))
  return { exchange, answer, differences: steady }
}

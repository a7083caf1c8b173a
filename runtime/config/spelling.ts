/** A known name that was probably meant. */
export interface Guess {
  readonly name: string
  /** Whether it is a slip of the keyboard (few letters differ), not only a related name. */
  readonly likely: boolean
}

/**
 * Finds the known name that is nearest to a wrong one: the same letters with other separators or
 * case, a few letters apart (Damerau-Levenshtein), or the known name with a part left out at either
 * end, such as `hostname` for `database.hostname`.
 */
export function guess(wrong: string, known: Iterable<string>): Guess | null {
  const bare = normalize(wrong)
  let best: { name: string; likely: boolean; score: number } | null = null
  for (const name of known) {
    const score = distanceScore(wrong, bare, name)
    const candidate =
      score !== null
        ? { name, likely: true, score }
        : isPart(wrong, name)
          ? { name, likely: false, score: 100 + Math.abs(name.length - wrong.length) }
          : null
    if (candidate && (best === null || candidate.score < best.score)) best = candidate
  }
  return best && { name: best.name, likely: best.likely }
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[._-]/g, '')
}

function distanceScore(wrong: string, bare: string, name: string): number | null {
  if (bare === normalize(name)) return 0
  const limit = lettersThatMayDiffer(wrong)
  if (Math.abs(wrong.length - name.length) > limit) return null
  const distance = editDistance(wrong.toLowerCase(), name.toLowerCase())
  return distance <= limit && partsAreNear(wrong, name) ? distance : null
}

function lettersThatMayDiffer(word: string): number {
  return word.length < 5 ? 1 : word.length < 12 ? 2 : 3
}

/** Part by part, so that `database.host` is not taken for `database.port`. */
function partsAreNear(wrong: string, name: string): boolean {
  const parts = wrong.toLowerCase().split('.')
  const others = name.toLowerCase().split('.')
  if (parts.length !== others.length) return true
  return parts.every((part, i) => editDistance(part, others[i] ?? '') <= lettersThatMayDiffer(part))
}

/** Whether one name is the other with whole parts left out at the start or the end. */
function isPart(wrong: string, name: string): boolean {
  if (wrong.length < 4) return false
  return (
    name.endsWith(`.${wrong}`) ||
    name.startsWith(`${wrong}.`) ||
    (name.startsWith(wrong) && name.length - wrong.length <= 6) ||
    wrong.endsWith(`.${name}`)
  )
}

/** Damerau-Levenshtein distance (optimal string alignment): a swap of neighbours counts as one. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let value = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) value = Math.min(value, at(beforeLast, j - 2) + 1)
      row.push(value)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}

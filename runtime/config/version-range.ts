interface Restriction {
  readonly lower: string | null
  readonly lowerIncluded: boolean
  readonly upper: string | null
  readonly upperIncluded: boolean
}

/**
 * Versions that a plugin may have, as Maven writes them and KIP-891 uses them: `4.3.0` and `[4.3.0]`
 * are that version alone, `[1.0,2.0)` is a range, `(,1.0],[1.2,)` is two.
 */
export class VersionRange {
  readonly #restrictions: readonly Restriction[]

  private constructor(restrictions: readonly Restriction[]) {
    this.#restrictions = restrictions
  }

  /**
   * @returns null where any version will do: nothing is given, or `latest`
   * @throws {Error} with Maven's text when the range cannot be understood
   */
  static parse(text: string | null | undefined): VersionRange | null {
    if (text === null || text === undefined || text === 'latest') return null
    const trimmed = text.trim()
    return new VersionRange(restrictionsOf(/^[[(]/.test(trimmed) ? trimmed : `[${trimmed}]`))
  }

  has(version: string): boolean {
    return this.#restrictions.some(({ lower, lowerIncluded, upper, upperIncluded }) => {
      const above = lower === null ? 1 : compareVersions(version, lower)
      const below = upper === null ? -1 : compareVersions(version, upper)
      return (lowerIncluded ? above >= 0 : above > 0) && (upperIncluded ? below <= 0 : below < 0)
    })
  }

  toString(): string {
    return this.#restrictions
      .map(({ lower, lowerIncluded, upper, upperIncluded }) => {
        const [open, close] = [lowerIncluded ? '[' : '(', upperIncluded ? ']' : ')']
        return `${open}${lower ?? ''},${upper ?? ''}${close}`
      })
      .join(',')
  }
}

function restrictionsOf(spec: string): Restriction[] {
  const found: Restriction[] = []
  let rest = spec
  while (/^[[(]/.test(rest)) {
    const end = rest.search(/[\])]/)
    if (end < 0) throw new Error(`Unbounded range: ${spec}`)
    found.push(restrictionOf(rest.slice(0, end + 1)))
    rest = rest
      .slice(end + 1)
      .trim()
      .replace(/^,\s*/, '')
  }
  if (rest !== '') {
    throw new Error(`Only fully-qualified sets allowed in multiple set scenario: ${spec}`)
  }
  return found
}

function restrictionOf(spec: string): Restriction {
  const [lowerIncluded, upperIncluded] = [spec.startsWith('['), spec.endsWith(']')]
  const inner = spec.slice(1, -1).trim()
  const comma = inner.indexOf(',')
  if (comma < 0) {
    if (!lowerIncluded || !upperIncluded) {
      throw new Error(`Single version must be surrounded by []: ${spec}`)
    }
    return { lower: inner, lowerIncluded, upper: inner, upperIncluded }
  }
  const lower = inner.slice(0, comma).trim() || null
  const upper = inner.slice(comma + 1).trim() || null
  if (lower !== null && lower === upper) {
    throw new Error(`Range cannot have identical boundaries: ${spec}`)
  }
  if (lower !== null && upper !== null && compareVersions(upper, lower) < 0) {
    throw new Error(`Range defies version ordering: ${spec}`)
  }
  return { lower, lowerIncluded, upper, upperIncluded }
}

/** Words before and after a release, as Maven's `ComparableVersion` ranks them. */
const RANKS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp']
const WORD = RANKS.length
const NUMBER = RANKS.length + 1

/** Below 0 when `a` is the older version. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compareParts(left[at] ?? '', right[at] ?? '')
    if (order !== 0) return order
  }
  return 0
}

function partsOf(version: string): string[] {
  const parts = version.toLowerCase().match(/\d+|[a-z]+/g) ?? []
  return parts.map((part) => (part === 'final' || part === 'ga' ? '' : part))
}

function compareParts(a: string, b: string): number {
  const [first, second] = [rank(a), rank(b)]
  if (first !== second) return first - second
  if (first === NUMBER) return Number(a) - Number(b)
  return first === WORD ? a.localeCompare(b) : 0
}

/** A number is newer than any word; 0 is as good as nothing. */
function rank(part: string): number {
  if (/^0*$/.test(part)) return RANKS.indexOf('')
  if (/^\d/.test(part)) return NUMBER
  const known = RANKS.indexOf(part)
  return known < 0 ? WORD : known
}

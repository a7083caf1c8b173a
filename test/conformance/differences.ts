import { ABSENT, type Difference } from './compare.ts'
import type { CapturedResponse, Exchange } from './exchange.ts'

/** A difference of one answer, with all that is known about it. */
interface Place {
  readonly case: string
  /** Method and path of the request. */
  readonly request: string
  readonly expected: CapturedResponse
  readonly answer: CapturedResponse
  readonly at: string
  readonly was: unknown
  readonly is: unknown
}

/** A difference that is meant. Every one has its reason in docs/rest-differences.md. */
export interface MeantDifference {
  /** Heading in the document. */
  readonly heading: string
  applies(place: Place): boolean
}

/** @returns what explains a difference, or undefined when nothing does */
export function meaningOf(
  exchange: Exchange,
  answer: CapturedResponse,
  { at, expected: was, got: is }: Difference
): MeantDifference | undefined {
  const { method, path } = exchange.request
  const expected = exchange.response
  if (expected === null) return undefined
  const request = `${method} ${path}`
  const place = { case: exchange.case, request, expected, answer, at, was, is }
  return MEANT.find((meant) => meant.applies(place))
}

/** Java class names of what Kafka Connect and Debezium have, and Millrace has not yet. */
const NOT_BUILT =
  /\.(Cast|DropHeaders|Flatten|HeaderFrom|InsertHeader|MaskField|SetSchemaMetadata|TimestampConverter|TimestampRouter|ValueToKey)\b|io\.debezium\.converters\.|io\.debezium\.transforms\.(?!(ByLogicalTableRouter|ExtractNewRecordState)\b)|\.(jdbc|postgresql)\.transforms\.|\.mariadb\.|\.converters\.(Boolean|Double|Float|Integer|Long|Short)Converter\b/

const DEBEZIUM_VERSION = /^3\.\d\.0\.Final$/
const OWN_VERSION = /^\d+\.\d+\.\d+$/
/** Encoded in a path: slash, percent sign, backslash, dot. */
const ODD_NAME = /%(2f|25|5c|2e)/i

const isText = (value: unknown): value is string => typeof value === 'string'
const matches = (pattern: RegExp, value: unknown) => isText(value) && pattern.test(value)

export const MEANT: readonly MeantDifference[] = [
  {
    heading: 'Bad input is a 400',
    applies: ({ expected, answer, at }) =>
      expected.status === 500 &&
      answer.status === 400 &&
      /^(status|body\.error_code|body\.message)$/.test(at)
  },
  {
    heading: 'Bad input is a 400',
    applies: (place) => place.case === 'validate-override' && place.expected.status === 500
  },
  {
    heading: 'Errors are JSON',
    applies: ({ expected, answer, at }) =>
      expected.status === 400 &&
      answer.status === 400 &&
      matches(/^text\/html/, expected.headers['content-type']) &&
      /^(body|headers\.content-type)$/.test(at)
  },
  {
    heading: 'Every name has an address',
    applies: ({ request, expected }) => ODD_NAME.test(request) && expected.status === 400
  },
  {
    heading: 'Every name has an address',
    applies: ({ at, was, is }) =>
      at === 'headers.location' && matches(/\/a\/b$/, was) && matches(/\/a%2Fb$/, is)
  },
  {
    // They were deleted under the names that Kafka Connect refuses.
    heading: 'Every name has an address',
    applies: (place) =>
      place.case === 'bad-name-list' && /^body\.a[/%\\]b$/.test(place.at) && place.is === ABSENT
  },
  {
    heading: 'Secrets are masked',
    applies: ({ at, was, is }) =>
      at.endsWith('.database.password') && was === 'not-checked' && is === '********'
  },
  {
    heading: 'Keys have an order, too',
    applies: ({ at, was }) => at.endsWith('.order') && was === ABSENT
  },
  {
    heading: 'More endpoints',
    applies: ({ request }) => request === 'GET /openapi.json'
  },
  {
    heading: 'Changes show at once',
    applies: (place) => place.case === 'deleted-status' && place.answer.status === 404
  },
  {
    heading: 'Changes show at once',
    applies: ({ request, at, is }) =>
      request === 'GET /connectors/src/topics' && at === 'body.src.topics' && isEmptyList(is)
  },
  ...offsets(),
  ...plugins(),
  {
    heading: 'Loggers',
    applies: ({ request, at }) => request === 'GET /admin/loggers' && at.startsWith('body.')
  },
  {
    heading: 'Texts that say more',
    applies: ({ was, is }) =>
      matches(/^Instantiation error$/, was) && matches(/^Failed to find any class/, is)
  },
  {
    heading: 'Texts that say more',
    applies: ({ was, is }) =>
      matches(/Connection to PGHOST:1 refused/, firstText(was)) &&
      matches(/PostgreSQL at PGHOST:1 cannot be reached/, firstText(is))
  }
]

function offsets(): MeantDifference[] {
  const inOffsets = ({ at }: Place) => at === 'body.offsets'
  return [
    {
      heading: 'Offsets hold more',
      applies: (place) =>
        inOffsets(place) &&
        withoutMembers(place.is, ['head', 'millrace_system']) === withoutMembers(place.was, [])
    },
    {
      heading: 'Offsets of topics count other things',
      applies: (place) =>
        inOffsets(place) &&
        withoutMembers(place.is, ['kafka_offset']) === withoutMembers(place.was, ['kafka_offset'])
    }
  ]
}

function plugins(): MeantDifference[] {
  return [
    {
      heading: 'Plugins that are not there yet',
      applies: ({ at, is }) => at.startsWith('body[') && NOT_BUILT.test(at) && is === ABSENT
    },
    {
      heading: 'Plugins that are not there yet',
      applies: ({ request, answer }) =>
        /\/connector-plugins\/.*\/config$/.test(request) &&
        NOT_BUILT.test(request) &&
        answer.status === 404
    },
    {
      heading: 'Plugins that are not there yet',
      applies: ({ at, was, is }) => {
        const built = isTexts(was) && was.filter((name) => !NOT_BUILT.test(name))
        return at.endsWith('.recommended_values') && built && sameTexts([...new Set(built)], is)
      }
    },
    {
      heading: 'Plugins of Millrace',
      applies: ({ request, at, was }) =>
        /^GET \/connector-plugins/.test(request) && at.startsWith('body[') && was === ABSENT
    },
    {
      heading: 'Versions',
      applies: ({ at, was, is }) =>
        /version|recommended_values/.test(at) &&
        matches(DEBEZIUM_VERSION, firstText(was)) &&
        matches(OWN_VERSION, firstText(is))
    },
    {
      // What several of Debezium's connectors bring is there once for each.
      heading: 'Versions',
      applies: ({ at, was, is }) =>
        at === 'body.order' && isTexts(was) && isTexts(is) && [...new Set(was)].join() === is.join()
    },
    {
      heading: 'Versions',
      applies: ({ at, was, is }) =>
        at === 'body.message' && isText(was) && was.replaceAll('[4.3.0, 4.3.0]', '[4.3.0]') === is
    }
  ]
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

function sameTexts(a: unknown, b: unknown): boolean {
  return isTexts(a) && isTexts(b) && a.toSorted().join() === b.toSorted().join()
}

function firstText(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value
}

/** A list of objects as text, in no particular order, without the members of these names. */
function withoutMembers(list: unknown, names: readonly string[]): string {
  const text = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    if (Array.isArray(value)) return `[${value.map(text).toSorted().join()}]`
    const members = Object.entries(value).filter(([name]) => !names.includes(name))
    return `{${members
      .map(([name, member]) => `${name}:${text(member)}`)
      .toSorted()
      .join()}}`
  }
  return text(list)
}

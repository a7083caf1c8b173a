import type { Random } from './random.ts'

/** Something to send that no server should fail on. */
export interface Attack {
  readonly name: string
  /** What goes over the wire, in pieces. */
  readonly parts: readonly (string | Uint8Array)[]
  /** How the connection is left: as it is, closed for writing, or torn down. */
  readonly ending: 'wait' | 'half-close' | 'reset'
  /** Whether every answer must be a 4xx: nothing in it is a request that could be carried out. */
  readonly refused: boolean
}

/** What attacks can make use of. */
export interface FuzzWorld {
  /** Headers of a login that may do everything, each with its line end. */
  readonly login: string
  /** Paths with an action behind them. */
  readonly paths: readonly string[]
}

type Maker = (random: Random, world: FuzzWorld) => Omit<Attack, 'name'>

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const
const WITH_BODY = ['POST', 'PUT', 'PATCH'] as const

/** The attack of a random number. The same number gives the same bytes. */
export function attackOf(random: Random, world: FuzzWorld): Attack {
  const [name, make] = random.pick(Object.entries(MAKERS))
  return { name, ...make(random, world) }
}

const MAKERS: Readonly<Record<string, Maker>> = {
  'a large body': (random, { login, paths }) => {
    const bytes = 1_100_000 + random.below(2_000_000)
    const body = Buffer.alloc(bytes, random.pick(['x', '[', ' ', '{"a":']))
    const head = { ...headOf(random, paths), login }
    return random.below(2) === 0
      ? { parts: [headText(head, [`Content-Length: ${bytes}`]), body], ...ENDS, refused: true }
      : { parts: [headText(head, [CHUNKED]), ...chunks(body, 65_536)], ...ENDS, refused: true }
  },
  'deep JSON': (random, { login, paths }) => {
    const [open, close] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
      ['{"config":{"a":', '}}'],
      ['{"offsets":[{"partition":', '}]}']
    ] as const)
    const levels = 100 + random.below(60_000)
    const closed = random.below(2) === 0 ? close.repeat(levels) : ''
    return simple(
      { ...headOf(random, paths), login },
      `${open.repeat(levels)}1${closed}`.slice(0, 1_000_000)
    )
  },
  'wrong types': (random, { login, paths }) => {
    const type = random.pick([
      'application/json',
      'application/json; charset=utf-16',
      'text/plain',
      ''
    ])
    const headers = type === '' ? [] : [`Content-Type: ${type}`]
    return simple({ ...headOf(random, paths), login }, JSON.stringify(jsonOf(random, 4)), headers)
  },
  'broken JSON': (random, { login, paths }) => {
    const text = JSON.stringify(jsonOf(random, 5))
    const cut =
      text.slice(0, random.below(text.length + 1)) + random.pick(['', '\0', '"', '}', '\\u12'])
    return simple({ ...headOf(random, paths), login }, cut, ['Content-Type: application/json'])
  },
  'path tricks': (random, { login }) => {
    const path = Array.from({ length: 1 + random.below(6) }, () => random.pick(SEGMENTS)).join('/')
    return simple({ method: random.pick(METHODS), path: `/${path}`, login }, '')
  },
  'a long path': (random, { login }) => {
    const path = `/connectors/${random.pick(['a', '%41', '../', '/', ';', '%2f']).repeat(random.below(9000))}`
    return simple({ method: random.pick(METHODS), path, login }, '')
  },
  'many parameters': (random, { login, paths }) => {
    const query = Array.from({ length: random.pick([1, 50, 800, 6000]) }, (_, n) =>
      random.pick([`expand=${n}`, 'expand', '%zz=%ff', '=', 'forward=true', 'scope=%00'])
    ).join('&')
    const head = { ...headOf(random, paths), method: random.pick(METHODS), login }
    return simple({ ...head, path: `${head.path}?${query}` }, '')
  },
  'header tricks': (random, { login, paths }) => {
    const headers = Array.from({ length: random.pick([1, 1, 2, 3, 40]) }, () =>
      random.pick(HEADERS)(random)
    )
    return simple({ ...headOf(random, paths), login }, '{}', headers)
  },
  'wrong credentials': (random, { paths }) => {
    const login = `Authorization: ${random.pick(LOGINS)(random)}\r\n`
    return { ...simple({ ...headOf(random, paths), login }, '{}'), refused: true }
  },
  'no credentials': (random, { paths }) => ({
    ...simple({ ...headOf(random, paths), login: '' }, '{}'),
    refused: true
  }),
  'a slow caller': (random, { login, paths }) => {
    const text = headText({ ...headOf(random, paths), login }, ['Content-Length: 1000'])
    const parts = [
      random.below(2) === 0 ? text.slice(0, 1 + random.below(text.length - 1)) : `${text}{`
    ]
    return { parts, ending: 'wait', refused: true }
  },
  'half a request': (random, { login, paths }) => {
    const text = `${headText({ ...headOf(random, paths), login }, ['Content-Length: 20'])}{"a":`
    const cut = 1 + random.below(text.length - 1)
    const ending = random.pick(['half-close', 'reset'] as const)
    return { parts: [text.slice(0, cut)], ending, refused: true }
  },
  'requests together': (random, { login, paths }) => {
    const parts = Array.from({ length: 1 + random.below(150) }, () => {
      const head = { ...headOf(random, paths), method: random.pick(METHODS), login }
      return (
        headText(head, ['Content-Length: 2'], 'keep-alive') + random.pick(['{}', '[]', '{', '{}{}'])
      )
    })
    return { parts: [parts.join('')], ending: 'half-close', refused: false }
  },
  'random bytes': (random) => ({
    parts: [Buffer.from(Array.from({ length: 1 + random.below(3000) }, () => random.below(256)))],
    ending: random.pick(['half-close', 'reset'] as const),
    refused: true
  }),
  'a mutated request': (random, { login, paths }) => {
    const head = headText({ ...headOf(random, paths), login }, ['Content-Length: 2'])
    const bytes = Buffer.from(`${head}{}`, 'latin1')
    for (let n = 1 + random.below(8); n > 0; n--)
      bytes[random.below(bytes.length)] = random.below(256)
    return { parts: [bytes], ending: 'half-close', refused: false }
  },
  'broken chunks': (random, { login, paths }) => {
    const size = random.pick(['zz', '-1', 'ffffffffffffffff', '0x10', '5;ext=\0', '', ' 5', '5\n'])
    const text = headText({ ...headOf(random, paths), login }, [CHUNKED])
    return { parts: [`${text}${size}\r\n{"a":1}\r\n`], ending: 'half-close', refused: false }
  },
  'two lengths': (random, { login, paths }) => {
    const lengths = random.pick([
      ['Content-Length: 2', 'Content-Length: 3'],
      ['Content-Length: 2', CHUNKED],
      ['Content-Length: -1'],
      ['Content-Length: 99999999999999999999'],
      ['Content-Length: 2, 2'],
      ['Transfer-Encoding: gzip, identity'],
      ['Content-Encoding: gzip', 'Content-Length: 2']
    ])
    const text = headText({ ...headOf(random, paths), login }, lengths)
    return { parts: [`${text}{}`], ending: 'half-close', refused: true }
  }
}

const CHUNKED = 'Transfer-Encoding: chunked'
const ENDS = { ending: 'wait' } as const

export interface Head {
  readonly method: string
  readonly path: string
  readonly login: string
}

function headOf(random: Random, paths: readonly string[]): Pick<Head, 'method' | 'path'> {
  return { method: random.pick(WITH_BODY), path: random.pick(paths) }
}

export function headText(
  { method, path, login }: Head,
  headers: readonly string[],
  connection = 'close'
) {
  const all = ['Host: worker', `Connection: ${connection}`, ...headers]
  return `${method} ${path} HTTP/1.1\r\n${login}${all.join('\r\n')}\r\n\r\n`
}

/** One whole request, which the server may refuse or carry out. */
export function simple(
  head: Head,
  body: string,
  headers: readonly string[] = []
): Omit<Attack, 'name'> {
  const length = Buffer.byteLength(body)
  const own = length === 0 ? headers : [...headers, `Content-Length: ${length}`]
  return {
    parts: [Buffer.from(headText(head, own), 'latin1'), body],
    ending: 'wait',
    refused: false
  }
}

function chunks(body: Buffer, size: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return [...parts, Buffer.from('0\r\n\r\n')]
}

const SEGMENTS = [
  'connectors',
  'connector-plugins',
  'admin',
  'loggers',
  'config',
  'status',
  'tasks',
  'offsets',
  'restart',
  'validate',
  '',
  '.',
  '..',
  '%2e%2e',
  '..%2f..',
  '%00',
  '%ff',
  '%c0%af',
  '%',
  '%zz',
  ';v=1',
  'a;b=c',
  '%3b',
  '%0d%0aX:%201',
  '\u00fc',
  '*',
  '__proto__',
  'constructor',
  '${env:HOME}',
  '-1',
  '99999999999999999999',
  '0x0',
  'a%20b',
  '\\',
  '%5c..%5c'
] as const

const long = (random: Random) => 'x'.repeat(random.below(2000))

const HEADERS: readonly ((random: Random) => string)[] = [
  (random) => `X-${random.below(1000)}: ${long(random)}`,
  () => 'Accept: ,,;q=9;*/*;q=\u00ff',
  () => 'Accept: text/html;q=0',
  () => 'Content-Type: application/json;charset=\u00ff;;=',
  () => 'Content-Type: ;',
  () => 'Host: other',
  () => 'Host: a b c',
  () => 'Expect: 100-continue',
  () => 'Expect: 200-ok',
  () => 'Upgrade: websocket',
  () => 'Connection: Upgrade, HTTP2-Settings',
  () => 'Upgrade: h2c',
  () => 'Origin: null',
  () => 'Access-Control-Request-Method: PUT',
  () => 'Sec-Fetch-Site: cross-site',
  () => 'X-Connect-Authorization: AAAA',
  () => 'X-Connect-Request-Signature-Algorithm: HmacNone',
  () => 'X-Forwarded-For: 127.0.0.1',
  () => 'Transfer-Encoding: identity',
  () => 'Cookie: a=b',
  () => 'Bad Name: x',
  () => ' Folded: x',
  () => 'Null: \0',
  () => ': empty',
  () => 'Range: bytes=0-1',
  () => 'If-Match: *'
]

const base64 = (text: string) => Buffer.from(text).toString('base64')

const LOGINS: readonly ((random: Random) => string)[] = [
  () => '',
  () => 'Basic',
  () => 'Basic ',
  () => 'Bearer',
  () => 'Negotiate abc',
  (random) => `Basic ${base64(`user${random.below(5)}:${random.below(1000)}`)}`,
  () => `Basic ${base64('no colon')}`,
  () => `Basic ${base64('__proto__:constructor')}`,
  (random) => `Basic ${base64(`ann:${'x'.repeat(random.below(6000))}`)}`,
  (random) => `Bearer mr_${random.below(1e9)}`,
  () => 'Bearer \u00ff\u00fe',
  () => 'bEaReR\t\tx y z',
  () => 'Basic \u0001'
]

/** A random JSON value, with the names that requests have among its keys. */
export function jsonOf(random: Random, depth: number): unknown {
  const kind = depth === 0 ? random.below(6) : random.below(10)
  if (kind === 0) return null
  if (kind === 1) return random.below(2) === 0
  if (kind === 2) return random.pick([0, -1, 1.5, 1e300, 2 ** 53, -0])
  if (kind < 6) return random.pick(TEXTS)
  if (kind < 8) return Array.from({ length: random.below(5) }, () => jsonOf(random, depth - 1))
  const members = Array.from({ length: random.below(6) }, () => [
    random.pick(KEYS),
    jsonOf(random, depth - 1)
  ])
  return Object.fromEntries(members)
}

const TEXTS = [
  '',
  'x',
  '\u0000',
  '\ud800',
  '${env:HOME}',
  '${file:/etc/passwd:root}',
  '../x',
  'RUNNING',
  'DEBUG',
  '1'
] as const

const KEYS = [
  'name',
  'config',
  'initial_state',
  'offsets',
  'partition',
  'offset',
  'level',
  'connector.class',
  'tasks.max',
  'topics',
  'transforms',
  'kafka_topic',
  'kafka_partition',
  'kafka_offset',
  '__proto__',
  'constructor',
  '',
  'x'
] as const

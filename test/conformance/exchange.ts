import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../support/source-files.ts'

export interface CapturedRequest {
  readonly method: string
  /** With the query, as it was sent. */
  readonly path: string
  /** Null takes a header away that is sent otherwise. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown
}

export interface CapturedResponse {
  readonly status: number
  /** content-type, location and allow, where they were there. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed where it is JSON. */
  readonly body: unknown
}

/** A request to Kafka Connect 4.3.0, and what it answered. */
export interface Exchange {
  readonly case: string
  readonly request: CapturedRequest
  /** Null for an answer that is not given: the request still has to be made. */
  readonly response: CapturedResponse | null
}

/** All exchanges, in their order. */
export function capturedExchanges(): Exchange[] {
  const text = readFileSync(join(projectRoot, 'test/golden/connect/rest.jsonl'), 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Exchange)
}

/** Places where two runs of the capture differed, and what the other run had (`volatile.json`). */
export type Volatile = ReadonlyMap<
  string,
  readonly { readonly at: string; readonly other: unknown }[]
>

export function volatilePlaces(): Volatile {
  const text = readFileSync(join(projectRoot, 'test/golden/connect/volatile.json'), 'utf8')
  const cases: Record<string, { pointer: string; other_run: unknown }[]> = JSON.parse(text)
  return new Map(
    Object.entries(cases).map(([name, places]) => [
      name,
      places.map(({ pointer, other_run: other }) => ({ at: placeOf(pointer), other }))
    ])
  )
}

/** A JSON pointer as differences name places: `/body/tasks/0/state` is `body.tasks[0].state`. */
function placeOf(pointer: string): string {
  return pointer
    .slice(1)
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.')
}

/** What stands in the captured texts for things that differ from machine to machine. */
export interface Places {
  /** The folder of the file connectors. */
  readonly files: string
  /** `host:port` of the worker. */
  readonly worker: string
  readonly postgres: { readonly host: string; readonly port: number }
}

/** The request as it is sent here. */
export function requestHere(request: CapturedRequest, places: Places): CapturedRequest {
  const { files, postgres } = places
  const placed = JSON.stringify(request)
    .replaceAll('FILES', JSON.stringify(files).slice(1, -1))
    .replaceAll('PGHOST', postgres.host)
    .replaceAll('PGPORT', String(postgres.port))
  return JSON.parse(placed) as CapturedRequest
}

/** An answer of here with the captured placeholders in it, as `capture.py` wrote them. */
export function answerAsCaptured(answer: CapturedResponse, places: Places): CapturedResponse {
  const { files, worker, postgres } = places
  const { host, port } = postgres
  const text = JSON.stringify(answer)
    .replaceAll(JSON.stringify(files).slice(1, -1), 'FILES')
    .replaceAll(worker, 'WORKER')
    .replaceAll(`${host}:${port}`, 'PGHOST:PGPORT')
    .replaceAll(`${host}:1 `, 'PGHOST:1 ')
    .replaceAll(`"database.hostname":"${host}"`, '"database.hostname":"PGHOST"')
    .replaceAll(`"database.port":"${port}"`, '"database.port":"PGPORT"')
    .replaceAll(`"value":"${port}"`, '"value":"PGPORT"')
    .replaceAll(
      `"name":"database.hostname","value":"${host}"`,
      '"name":"database.hostname","value":"PGHOST"'
    )
  return JSON.parse(text) as CapturedResponse
}

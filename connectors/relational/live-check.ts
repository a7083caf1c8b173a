import type { KeyProblem } from '../../runtime/api/connector.ts'
import { ConnectError, describeError } from '../../runtime/api/errors.ts'

/** What a look at the server finds: every problem, each with the key that it belongs to. */
export class FoundProblems {
  readonly all: KeyProblem[] = []
  readonly #keys: Readonly<Record<string, string>>

  /** @param keys by the codes of errors; others belong to no key */
  constructor(keys: Readonly<Record<string, string>>) {
    this.#keys = keys
  }

  /** Notes an error; to be passed on as it is. */
  readonly add = (error: unknown): void => {
    const code = error instanceof ConnectError ? error.code : ''
    this.all.push({ key: this.#keys[code] ?? null, message: describeError(error) })
  }

  /** @param where the tables are looked for, and which other lists choose them */
  addNoTables(where: 'database' | 'server', lists: 'schema' | 'database'): void {
    this.all.push({
      key: 'table.include.list',
      message: `No table of the ${where} passes table.include.list, table.exclude.list and the ${lists} lists`
    })
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadFiles } from '../../../runtime/config/load-files.ts'
import { formatProblem } from '../../../runtime/config/problem.ts'
import { tempFolder } from './temp-folder.ts'

/** One file and what loading it makes of it. Every case is a file named `f` with the given ending. */
export interface LoadCase {
  readonly name: string
  readonly file: string
  readonly text: string
  /** Connector name to its whole configuration, without `name`. */
  readonly connectors?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly worker?: Readonly<Record<string, string>>
  readonly problems?: readonly string[]
}

/** Makes a test of each case. */
export function testLoading(cases: readonly LoadCase[]): void {
  for (const { name, file, text, connectors = {}, worker, problems = [] } of cases) {
    test(name, async (t) => {
      const cwd = await tempFolder(t, { [file]: text })
      const result = await loadFiles([file], { cwd })
      assert.deepEqual(result.problems.map(formatProblem), problems)
      assert.deepEqual(
        result.connectors.map((connector) => connector.config),
        Object.entries(connectors).map(([connector, config]) => ({ name: connector, ...config }))
      )
      assert.deepEqual(result.worker?.config, worker)
    })
  }
}

import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { MISSING_ENGINE } from './engines.ts'

/** A reporter that writes one line for each suite or test skipped for lack of an engine. */
export default async function* skipReporter(events: AsyncIterable<TestEvent>) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (typeof data.skip !== 'string' || !data.skip.startsWith(MISSING_ENGINE)) continue
    const file = data.file ? relative(process.cwd(), data.file) : ''
    yield `${file}: ${data.name} (${data.skip.slice(MISSING_ENGINE.length)})\n`
  }
}

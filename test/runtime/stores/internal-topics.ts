import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../support/source-files.ts'

/** A record that Kafka Connect 4.3.0 wrote into an internal topic. */
export interface CapturedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly ts: number
  readonly key: string
  readonly payload: string | null
}

/** All records of a captured topic, in the order of its partitions and offsets. */
export function capturedRecords(topic: string): CapturedRecord[] {
  const file = join(projectRoot, 'test/golden/connect/internal-topics.jsonl')
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CapturedRecord)
    .filter((record) => record.topic === topic)
}

import type { MeantDifference } from '../support/golden-meant.ts'
import { MEANT_VALUES } from './mariadb-value-differences.ts'

const CANNOT_READ = 'Statements that Debezium cannot read'

export const MEANT: readonly MeantDifference[] = [
  ...MEANT_VALUES,
  {
    heading: 'Statements published twice',
    scenario: /^snapshot-(never|no-data|when-needed)$/,
    at: /^mariadb_snapshot_\w+#\d+$/,
    expected: /"ddl":"alter table b add column w int"/,
    got: 'nothing'
  }
]

/**
 * Scenarios in which Debezium's task failed, and the heading that says what the source does instead. What
 * it has to write is in their `ours.jsonl`, which begins with what Debezium wrote.
 */
export const OURS: Readonly<Record<string, string>> = {
  'mariadb-ddl-or-replace': CANNOT_READ,
  'mariadb-ddl-partitions': CANNOT_READ,
  'mariadb-ops-minimal-image': 'Row images that are not whole',
  'mariadb-ops-noblob-image': 'Row images that are not whole',
  'mariadb-types-inet4': CANNOT_READ,
  'mariadb-types-inet6': CANNOT_READ,
  'mariadb-types-year-zero': 'YEAR 0000'
}

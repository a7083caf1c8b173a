import type { MeantDifference } from '../support/golden-meant.ts'
import { MEANT_VALUES } from './mariadb-value-differences.ts'

/** Records where Debezium's task had failed before it wrote any. */
function afterFailure(heading: string, scenario: RegExp): MeantDifference {
  return { heading, scenario, at: /^[\w.]+#\d+$/, expected: 'nothing', got: /^(\{|null)/ }
}

export const MEANT: readonly MeantDifference[] = [
  ...MEANT_VALUES,
  {
    heading: 'Statements published twice',
    scenario: /^snapshot-(never|no-data|when-needed)$/,
    at: /^mariadb_snapshot_\w+#\d+$/,
    expected: /"ddl":"alter table b add column w int"/,
    got: 'nothing'
  },
  afterFailure('YEAR 0000', /^types-year-zero$/),
  afterFailure(
    'Statements that Debezium cannot read',
    /^(types-inet[46]|ddl-or-replace|ddl-partitions)$/
  ),
  afterFailure('Row images that are not whole', /^ops-(minimal|noblob)-image$/)
]

import type { MeantDifference } from '../support/golden-meant.ts'
import { MEANT_VALUES } from './mariadb-value-differences.ts'

export const MEANT: readonly MeantDifference[] = [...MEANT_VALUES]

import type { MeantDifference } from '../support/golden-meant.ts'

export const MEANT: readonly MeantDifference[] = []

import type { ConfigSpec, RawConfig } from '../../api/config.ts'
import { isSecretKey, MASK, redactConfig } from '../../config/redact.ts'

/** A key whose value differs. Both values are as they may be shown. */
export interface KeyChange {
  readonly key: string
  /** Null: the worker does not have the key. */
  readonly before: string | null
  /** Null: the file does not have the key. */
  readonly after: string | null
}

/** How the configuration of a file differs from the one that the worker has. */
export interface ConfigDiff {
  /** By key. */
  readonly changes: readonly KeyChange[]
  /** Keys that are masked in the file: they stay as the worker has them. */
  readonly kept: readonly string[]
  /** Keys with a secret in the file that the worker does not show, so that nobody can compare them. */
  readonly hidden: readonly string[]
  /** Keys that are masked in the file where the worker has no such value to keep. */
  readonly lost: readonly string[]
}

/** Compares a file with what the worker answers, of which either may have its secrets masked. */
export function diffConfig(file: RawConfig, worker: RawConfig, secrets: ConfigSpec): ConfigDiff {
  const changes: KeyChange[] = []
  const kept: string[] = []
  const hidden: string[] = []
  const lost: string[] = []
  const shown = { file: redactConfig(file, secrets), worker: redactConfig(worker, secrets) }
  for (const key of [...new Set([...Object.keys(file), ...Object.keys(worker)])].toSorted()) {
    const [after, before] = [file[key], worker[key]]
    if (after !== undefined && isMasked(key, after, secrets)) {
      if (shown.worker[key] === after) kept.push(key)
      else lost.push(key)
    } else if (after === before) {
    } else if (
      before !== undefined &&
      isMasked(key, before, secrets) &&
      shown.file[key] === before
    ) {
      hidden.push(key)
    } else {
      changes.push({ key, before: shown.worker[key] ?? null, after: shown.file[key] ?? null })
    }
  }
  return { changes, kept, hidden, lost }
}

/** Keys whose values stand for a secret that is not there, such as those of an exported file. */
export function maskedKeys(config: RawConfig, secrets: ConfigSpec = {}): string[] {
  return Object.keys(config).filter((key) => isMasked(key, config[key] ?? '', secrets))
}

/** Whether the mask is in the place of a secret: whole, or as a part such as the password of a URL. */
function isMasked(key: string, value: string, secrets: ConfigSpec): boolean {
  if (!value.includes(MASK)) return false
  if (value === MASK || isSecretKey(key, secrets)) return true
  return redactConfig({ [key]: value.replaceAll(MASK, 'x') })[key] === value
}

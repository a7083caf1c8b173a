import type { RawConfig } from '../api/config.ts'
import type { Redactor } from '../config/redact.ts'
import { References } from '../config/references.ts'

/** References as this process sees them: its environment, its folder, the worker's config providers. */
export function workerReferences(worker: RawConfig, cwd: string, redactor?: Redactor): References {
  return new References({
    env: process.env,
    cwd,
    providers: worker,
    ...(redactor ? { redactor } : {})
  })
}

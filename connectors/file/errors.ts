import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'

/** Errors that pass when somebody makes room or mends the disk. */
const TRANSIENT = new Set([
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ESTALE',
  'EBUSY',
  'EAGAIN'
])

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'Create its folder first.',
  ENOTDIR: 'A part of its path is a file.',
  EACCES: "The worker's user needs permission to read and write it, and to write its folder.",
  EPERM: "The worker's user needs permission to read and write it, and to write its folder.",
  EISDIR: 'Name a file, not a folder.',
  EROFS: 'The file system is mounted read-only.',
  ENOSPC: 'Make room on the disk: writing goes on by itself.',
  EDQUOT: 'The quota is used up: writing goes on by itself once there is room.'
}

export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

/** An error of the file system as one that names the file and says what to do. */
export function explainFile(error: unknown, action: string, path: string): ConnectError {
  if (error instanceof ConnectError) return error
  const code = codeOf(error)
  const hint = HINTS[code]
  const options = { cause: error, ...(hint ? { hint } : {}) }
  const message = `Cannot ${action} file ${path}${code ? ` (${code})` : ''}`
  if (TRANSIENT.has(code)) return new RetriableError('FILE_UNAVAILABLE', message, options)
  return new ConnectError('FILE_UNUSABLE', message, options)
}

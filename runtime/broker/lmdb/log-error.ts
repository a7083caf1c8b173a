import { statfsSync } from 'node:fs'
import { ConnectError, RetriableError } from '../../api/errors.ts'
import type { TopicPartition } from '../../api/record.ts'

/*
 * Codes of errors from LMDB: errno of the system, and its own (lmdb.h). A write cut short by a full
 * disk, a quota or a limit on file size is reported as EIO.
 */
const NO_ROOM: ReadonlySet<unknown> = new Set([5, 27, 28, 122, -30792])
const READERS_FULL = -30790
const PANIC = -30795

/** The error to throw for one that LMDB reported. */
export function storeError(cause: unknown, path: string): ConnectError {
  if (cause instanceof ConnectError) return cause
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (NO_ROOM.has(code)) {
    return new RetriableError('DISK_FULL', `Cannot write to ${path}${freeSpace(path)}`, {
      cause,
      hint: 'free disk space, or lower retention.ms or retention.bytes; writing goes on by itself'
    })
  }
  if (code === READERS_FULL) {
    return new RetriableError('TOO_MANY_READERS', `Too many threads read ${path} at once`, {
      cause,
      hint: 'run fewer workers on this folder, or use Kafka'
    })
  }
  const hint =
    code === PANIC ? 'an earlier write failed half-way: restart this process' : 'check the disk'
  return new ConnectError('LOG_FAILED', `The log in ${path} failed`, { cause, hint })
}

export function unknownTopic(topic: string): ConnectError {
  return new RetriableError('UNKNOWN_TOPIC', `There is no topic ${topic}`, {
    hint: 'create the topic, or check its name'
  })
}

export function unknownPartition(place: TopicPartition, partitions: number): ConnectError {
  return new ConnectError(
    'UNKNOWN_PARTITION',
    `Topic ${place.topic} has no partition ${place.partition}, only ${partitions} partition(s)`
  )
}

export function closedError(): ConnectError {
  return new ConnectError('BROKER_CLOSED', 'The embedded broker is closed')
}

function freeSpace(path: string): string {
  try {
    const { bavail, bsize } = statfsSync(path)
    return `, whose file system has ${Math.floor((bavail * bsize) / 1024 ** 2)} MiB free`
  } catch {
    return ''
  }
}

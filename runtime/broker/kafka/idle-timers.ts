import { systemClock, untilNext } from '../../api/clock.ts'

/** What is used of kafkajs's request queue, one per connection. */
export interface TimedRequestQueue {
  readonly inflight: ReadonlyMap<number, TimedRequest>
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  requestTimeoutIntervalId?: NodeJS.Timeout
  /** When the timer under `requestTimeoutIntervalId` looks; a field of ours. */
  timeoutCheckAt?: number
  scheduleCheckPendingRequests(): void
  scheduleRequestTimeoutCheck(): void
  sendSocketRequest(request: TimedRequest): void
  checkPendingRequests(): void
  rejectAll(error: Error): void
  destroy(): void
}

interface TimedRequest {
  /** Milliseconds since 1970; null before it is sent. */
  readonly sentAt: number | null
  readonly requestTimeout: number
  timeoutRequest(): void
}

const PENDING_CHECK_MS = 10
/** So much later at most a request times out, at a moment when other requests do, too. */
const TIMEOUT_CHECK_MS = 1000
const NEVER = Number.POSITIVE_INFINITY

/**
 * kafkajs 2.2.4 starts a timer of a negative delay, which Node runs after 1 ms, from its own handler
 * on every connection: 6 % of a core for an idle process, and a TimeoutNegativeWarning on Node 24
 * (tulios/kafkajs#1751; the fixes #1755 and #1768 were never merged). It also looks for requests that
 * are late ten times a second. Here the first timer runs only while a request waits or the broker
 * throttles, and the second when the first of the open requests would be late.
 */
export function calmTimers(queue: TimedRequestQueue): void {
  queue.scheduleCheckPendingRequests = function (this: TimedRequestQueue): void {
    if (this.throttleCheckTimeoutId) return
    const throttledMs = this.throttledUntil - Date.now()
    if (this.pending.length === 0 && throttledMs <= 0) return
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      throttledMs > 0 ? throttledMs : PENDING_CHECK_MS
    )
  }
  queue.scheduleRequestTimeoutCheck = function (this: TimedRequestQueue): void {
    this.destroy()
    this.timeoutCheckAt = NEVER
  }
  const send = queue.sendSocketRequest
  queue.sendSocketRequest = function (this: TimedRequestQueue, request: TimedRequest): void {
    send.call(this, request)
    const lateAt = lateTime(request)
    if (lateAt < (this.timeoutCheckAt ?? NEVER)) checkAt(this, lateAt)
  }
}

function checkAt(queue: TimedRequestQueue, time: number): void {
  clearTimeout(queue.requestTimeoutIntervalId)
  queue.timeoutCheckAt = time
  const ms = time - Date.now()
  const look = ms + untilNext(systemClock.now() + ms, TIMEOUT_CHECK_MS)
  // What keeps the process alive is the connection.
  queue.requestTimeoutIntervalId = setTimeout(() => check(queue), look).unref()
}

function check(queue: TimedRequestQueue): void {
  const now = Date.now()
  for (const request of [...queue.inflight.values()]) {
    if (lateTime(request) < now) request.timeoutRequest()
  }
  queue.timeoutCheckAt = NEVER
  const next = Math.min(...[...queue.inflight.values()].map(lateTime))
  if (next < NEVER) checkAt(queue, next)
}

function lateTime({ sentAt, requestTimeout }: TimedRequest): number {
  return sentAt === null ? NEVER : sentAt + requestTimeout
}

/** What is used of kafkajs's request queue, one per connection. */
export interface TimedRequestQueue {
  readonly inflight: ReadonlyMap<number, TimedRequest>
  readonly pending: readonly unknown[]
  readonly requestTimeout: number
  readonly throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  requestTimeoutIntervalId?: NodeJS.Timeout
  scheduleCheckPendingRequests(): void
  scheduleRequestTimeoutCheck(): void
  checkPendingRequests(): void
  rejectAll(error: Error): void
  isConnected(): boolean
  destroy(): void
}

interface TimedRequest {
  readonly sentAt: number | null
  readonly requestTimeout: number
  timeoutRequest(): void
}

const PENDING_CHECK_MS = 10
const TIMEOUT_CHECK_MS = 1000

/**
 * kafkajs 2.2.4 starts a timer of a negative delay, which Node runs after 1 ms, from its own handler
 * on every connection: 6 % of a core for an idle process, and a TimeoutNegativeWarning on Node 24
 * (tulios/kafkajs#1751; the fixes #1755 and #1768 were never merged). Here the timer runs only while
 * a request waits or the broker throttles, and request timeouts are looked at once a second.
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
    const check = () => {
      const now = Date.now()
      for (const request of [...this.inflight.values()]) {
        if (request.sentAt !== null && now - request.sentAt > request.requestTimeout) {
          request.timeoutRequest()
        }
      }
      if (!this.isConnected()) this.destroy()
      else next()
    }
    // All connections at the same moment: an idle thread wakes once for all of them.
    const next = () => {
      const ms = TIMEOUT_CHECK_MS - (Date.now() % TIMEOUT_CHECK_MS)
      this.requestTimeoutIntervalId = setTimeout(check, ms)
    }
    next()
  }
}

/** A source or sink loop, or a connector, that is about to run, once. */
export interface TaskRunner {
  run(): Promise<void>
  pause(): void
  resume(): void
  stop(): void
  abandon(): void
}

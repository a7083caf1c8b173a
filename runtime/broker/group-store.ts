import type { GroupState, Step } from './group-state.ts'

/** State of one group that all its members read and write themselves. */
export interface GroupStore {
  /** The state as it is now: the same object as long as nothing changed. */
  read(): GroupState
  /**
   * Applies a step to the state as it is then, whole or not at all. The step may be called again
   * when someone else was quicker.
   *
   * @returns its outcome, once the new state is durable
   */
  update<T>(step: (state: GroupState, now: number) => Step<T>): Promise<T>
  /** Resolves soon after the state is another than `seen`, at the signal, or after the time. */
  changed(seen: GroupState, maxMs: number, signal: AbortSignal): Promise<void>
  /** Milliseconds of the clock that all members share. Never before a time that a state was made at. */
  now(): number
  /** Where the end of a process can be told from its silence. */
  readonly presence?: Presence
}

/** Finds members whose process has ended sooner than their session does, and never another one. */
export interface Presence {
  /** Lets others see that this process lives. To be called before the member joins. */
  announce(memberId: string): Promise<void>
  /**
   * Watches these members, and no others any more.
   *
   * @param gone is told of a member whose process has ended
   */
  watch(memberIds: readonly string[], gone: (memberId: string) => void): void
  /** Stops watching and being watched. A member that has not left is there until its session ends. */
  close(): void
}

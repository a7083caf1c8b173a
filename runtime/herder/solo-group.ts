import type { Group } from './group.ts'

/** A group of one: everything is this worker's. */
export class SoloGroup implements Group {
  readonly isLeader = true

  ownsConnector(): boolean {
    return true
  }

  ownsTask(): boolean {
    return true
  }

  async join(): Promise<void> {}

  async leave(): Promise<void> {}
}

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type {
  GroupCoordinator,
  GroupOptions,
  JoinAnswer,
  Membership
} from '../../runtime/broker/group-coordinator.ts'
import { GroupError } from '../../runtime/broker/group-coordinator.ts'
import { until } from '../support/until.ts'
import type { RemoteBroker } from './broker-fixture.ts'

export interface GroupUnderTest {
  /** Every call gives a coordinator that knows nothing of the others but through the group. */
  open(options: GroupOptions): Promise<GroupCoordinator>
  /** Whether members hear of a new generation without a heartbeat. */
  readonly tellsByItself?: boolean
  readonly remote?: RemoteBroker
}

/** Long enough for a busy machine: members that must not be dropped have this session. */
const PATIENT_MS = 60_000
/** Short, and within what a test broker of Kafka allows. */
export const SHORT_SESSION_MS = 1500

export type Refusal = GroupError['refusal']

/** Groups of their own for each test, with members that are closed with it. */
export class GroupFixture {
  readonly #under: GroupUnderTest
  readonly #members: TestMember[] = []
  readonly groupId = `group-${randomUUID()}`

  constructor(under: GroupUnderTest) {
    this.#under = under
  }

  async member(over: Partial<GroupOptions> = {}): Promise<TestMember> {
    const coordinator = await this.#under.open({
      groupId: this.groupId,
      protocol: 'millrace-test',
      sessionTimeoutMs: PATIENT_MS,
      rebalanceTimeoutMs: PATIENT_MS,
      clientId: 'contract',
      ...over
    })
    const member = new TestMember(coordinator)
    this.#members.push(member)
    return member
  }

  /** Members of one stable generation; the first leads. */
  async stable(count: number, over: Partial<GroupOptions> = {}): Promise<TestMember[]> {
    const members: TestMember[] = []
    while (members.length < count) {
      const next = await this.member(over)
      const joined = next.join()
      for (const member of members) await member.refusal()
      await Promise.all([joined, ...members.map((member) => member.join())])
      members.push(next)
      await Promise.all(members.map((member) => member.sync()))
    }
    return members
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { coordinator } of this.#members) await coordinator.close()
  }
}

/** A member that is told each of its steps. */
export class TestMember {
  readonly coordinator: GroupCoordinator
  joined: JoinAnswer | null = null
  assignment = ''

  constructor(coordinator: GroupCoordinator) {
    this.coordinator = coordinator
  }

  get id(): string {
    return this.joined?.memberId ?? ''
  }

  get generation(): number {
    return this.joined?.generation ?? 0
  }

  get membership(): Membership {
    return { memberId: this.id, generation: this.generation }
  }

  get leads(): boolean {
    return this.joined !== null && this.joined.leaderId === this.id
  }

  /** What the members that it sees as the leader sent. */
  get metadata(): string[] {
    return (this.joined?.members ?? []).map(({ metadata }) => Buffer.from(metadata).toString())
  }

  async join(metadata = 'hello', signal?: AbortSignal): Promise<JoinAnswer> {
    this.joined = await this.coordinator.join(this.id, Buffer.from(metadata), signal)
    return this.joined
  }

  /** As the leader, gives each member its own id, the generation and the number of members. */
  async sync(): Promise<string> {
    const { generation, members } = this.joined ?? assert.fail('the member has not joined')
    const textFor = (id: string) => Buffer.from(`${id} ${generation} ${members.length}`)
    const assignments = new Map(members.map(({ id }) => [id, textFor(id)]))
    const bytes = await this.coordinator.sync(this.membership, assignments)
    this.assignment = Buffer.from(bytes).toString()
    return this.assignment
  }

  /** Takes part in generations until there is one with so many members. */
  async takePart(members: number): Promise<void> {
    for (;;) {
      try {
        await this.join()
        await this.sync()
        if (this.assignment.endsWith(` ${members}`)) return
        await this.refusal()
      } catch (error) {
        if (!(error instanceof GroupError)) throw error
        if (error.refusal === 'UNKNOWN_MEMBER') this.joined = null
      }
    }
  }

  /** The refusal of the next heartbeat that is refused. */
  async refusal(): Promise<Refusal> {
    let refusal: Refusal | null = null
    const refused = async () => {
      refusal = await refusalOf(this.coordinator.heartbeat(this.membership))
      return refusal !== null
    }
    await until(refused, { what: 'a heartbeat is refused' })
    return refusal ?? assert.fail('it was refused')
  }
}

/** The refusal that a call ends with, or null. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal | null> {
  try {
    await call
    return null
  } catch (error) {
    if (error instanceof GroupError) return error.refusal
    throw error
  }
}

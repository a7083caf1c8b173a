import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { GroupOptions } from '../../runtime/broker/group-coordinator.ts'
import { until } from '../support/until.ts'
import type { RemoteBroker } from './broker-fixture.ts'
import { GroupFixture, type GroupUnderTest, SHORT_SESSION_MS } from './group-fixture.ts'
import type { GroupReport } from './group-process.ts'

/** A member in a process of its own, which takes part until it is stopped. */
export class MemberProcess implements AsyncDisposable {
  readonly reports: GroupReport[] = []
  readonly #child: ChildProcess

  constructor(remote: RemoteBroker, options: GroupOptions) {
    const script = fileURLToPath(new URL('group-process.ts', import.meta.url))
    this.#child = fork(script, [JSON.stringify({ remote, options })], { stdio: 'inherit' })
    this.#child.on('message', (report: GroupReport) => this.reports.push(report))
  }

  /** A report that has come or comes. */
  async report(what: string, matches: (report: GroupReport) => boolean): Promise<GroupReport> {
    await until(() => this.reports.some(matches), { what })
    return this.reports.find(matches) ?? assert.fail(what)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}

export const assigned = ({ refusal }: GroupReport) => refusal === null

/** What happens to members in other processes. */
export function processContract(under: GroupUnderTest): void {
  const { remote } = under
  if (remote === undefined) return
  describe('in other processes', () => {
    const options = (groupId: string): GroupOptions => ({
      groupId,
      protocol: 'millrace-test',
      sessionTimeoutMs: 2 * SHORT_SESSION_MS,
      rebalanceTimeoutMs: 30_000,
      clientId: 'process'
    })

    it('replaces a leader that is killed', async () => {
      await using group = new GroupFixture(under)
      await using doomed = new MemberProcess(remote, options(group.groupId))
      const { leads } = await doomed.report('a first assignment', assigned)
      assert.equal(leads, true)
      await using other = new MemberProcess(remote, options(group.groupId))
      await other.report('a generation of both', assigned)
      doomed.signal('SIGKILL')
      const replaced = await other.report('it leads', (report) => assigned(report) && report.leads)
      const member = await group.member()
      const joined = member.join()
      await Promise.all([joined.then(() => member.sync())])
      assert.match(member.assignment, / 2$/)
      assert.ok(member.generation > replaced.generation)
    })

    it('refuses a member that was stopped for longer than its session', async () => {
      await using group = new GroupFixture(under)
      const [patient] = await group.stable(1)
      assert.ok(patient)
      await using stopped = new MemberProcess(remote, options(group.groupId))
      await patient.refusal()
      await patient.takePart(2)
      const { memberId } = await stopped.report('an assignment', assigned)
      stopped.signal('SIGSTOP')
      await patient.refusal()
      await patient.takePart(1)
      stopped.signal('SIGCONT')
      const isRefused = ({ refusal }: GroupReport) => refusal === 'UNKNOWN_MEMBER'
      await stopped.report('it is unknown', isRefused)
      await patient.refusal()
      await patient.takePart(2)
      const isNew = (report: GroupReport) => assigned(report) && report.memberId !== memberId
      await stopped.report('it is a new member', isNew)
    })
  })
}

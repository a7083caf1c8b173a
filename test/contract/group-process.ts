import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { isRetriable } from '../../runtime/api/errors.ts'
import type { Broker } from '../../runtime/broker/broker.ts'
import type { GroupOptions } from '../../runtime/broker/group-coordinator.ts'
import type { RemoteBroker } from './broker-fixture.ts'
import { type Refusal, refusalOf, TestMember } from './group-fixture.ts'

/** What the parent is told: each assignment, and each refusal. */
export interface GroupReport {
  readonly memberId: string
  readonly generation: number
  readonly leads: boolean
  readonly refusal: Refusal | null
}

/** Runs as a child process: a member that takes part until it is killed or disconnected. */
const { remote, options }: { remote: RemoteBroker; options: GroupOptions } = JSON.parse(
  process.argv[2] ?? ''
)
const opener = (await import(pathToFileURL(remote.module).href))[remote.open]
const broker: Broker = await opener(remote.argument)
const member = new TestMember(await broker.coordinator(options))

/** One generation, from the join to the refusal that ends it. */
async function takePart(): Promise<void> {
  await member.join()
  await member.sync()
  report(null)
  for (;;) {
    await sleep(options.sessionTimeoutMs / 5)
    await member.coordinator.heartbeat(member.membership).catch((error) => {
      if (!isRetriable(error)) throw error
    })
  }
}

function report(refusal: Refusal | null): void {
  const { id: memberId, generation, leads } = member
  process.send?.({ memberId, generation, leads, refusal } satisfies GroupReport)
}

process.once('disconnect', () => process.exit(0))
for (;;) {
  const refusal = await refusalOf(takePart())
  report(refusal)
  if (refusal === 'UNKNOWN_MEMBER') member.joined = null
}

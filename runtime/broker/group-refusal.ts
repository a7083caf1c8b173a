import { ConnectError } from '../api/errors.ts'
import { GroupError, type GroupRefusal } from './group-coordinator.ts'
import type { Refused } from './group-state.ts'

const WHY: Readonly<Record<GroupRefusal, string>> = {
  REBALANCE_IN_PROGRESS: 'begins a new generation',
  ILLEGAL_GENERATION: 'went on to another generation without this member',
  UNKNOWN_MEMBER: 'does not know this member any more'
}

/** The error for a coordinator's refusal, in one wording for all coordinators. */
export function groupRefused(groupId: string, refusal: Refused['refusal']): ConnectError {
  if (refusal !== 'INCONSISTENT_GROUP_PROTOCOL') {
    return new GroupError(refusal, `Group ${groupId} ${WHY[refusal]} (${refusal})`)
  }
  return new ConnectError(
    'GROUP_PROTOCOL',
    `Group ${groupId} has members that are no Millrace workers (${refusal})`,
    {
      hint: 'stop the workers of Kafka Connect or the consumers in it first, or set another group.id'
    }
  )
}

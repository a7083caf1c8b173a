import { describeError } from '../../runtime/api/errors.ts'
import type { TaskParts } from './phase.ts'

/** Runs `heartbeat.action.query`. A failure is no reason to stop: it is logged, and the next one may do. */
export async function runHeartbeatAction(parts: TaskParts): Promise<void> {
  const statement = parts.config['heartbeat.action.query']
  if (statement === null) return
  try {
    await parts.session.query(statement)
  } catch (error) {
    parts.context.logger.warn(`heartbeat.action.query failed: ${describeError(error)}`)
  }
}

import type { ConnectorStatus, StateView, TaskStateView } from '../herder/herder.ts'

/** `ConnectorStateInfo` of Kafka Connect 4.3. */
export function shownStatus(status: ConnectorStatus, redact: (text: string) => string): object {
  return {
    name: status.name,
    connector: shownState(status.connector, redact),
    tasks: status.tasks.map((task) => shownTaskState(task, redact)),
    type: status.type
  }
}

export function shownTaskState(task: TaskStateView, redact: (text: string) => string): object {
  return { id: task.id, ...shownState(task, redact) }
}

/** The version is null where it is not known; a trace is left out. */
function shownState(
  { state, workerId, version, trace }: StateView,
  redact: (text: string) => string
): object {
  return {
    state,
    worker_id: workerId,
    version,
    ...(trace !== null && trace !== '' && { trace: redact(trace) })
  }
}

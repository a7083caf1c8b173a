import { FencedError } from '../api/errors.ts'
import type { SinkTask } from '../api/task.ts'
import type { Broker, Producer } from '../broker/broker.ts'

/** Whether the run's place in the group is certain at this moment. */
export type MayWrite = () => boolean

/**
 * The broker as tasks may use it: nothing is written for a group that may have gone on without this
 * worker. What is on its way at that moment is left to the fences of broker and target; a producer
 * without transactions, which has none, looks again right before it writes.
 */
export function leasedBroker(broker: Broker, mayWrite: MayWrite): Broker {
  const checked = <T>(work: () => Promise<T>): Promise<T> =>
    mayWrite() ? work() : Promise.reject(lapsed())
  return {
    createTopics: (topics) => broker.createTopics(topics),
    describeTopics: (names) => broker.describeTopics(names),
    deleteTopics: (names) => broker.deleteTopics(names),
    deleteRecords: (before) => broker.deleteRecords(before),
    offsets: (partitions, spec) => broker.offsets(partitions, spec),
    reader: () => broker.reader(),
    groupOffsets: (group) => broker.groupOffsets(group),
    commitGroupOffsets: (group, offsets) =>
      checked(() => broker.commitGroupOffsets(group, offsets)),
    deleteGroupOffsets: (group, partitions) => broker.deleteGroupOffsets(group, partitions),
    deleteGroup: (group) => broker.deleteGroup(group),
    coordinator: (options) => broker.coordinator(options),
    clusterId: () => broker.clusterId(),
    close: () => broker.close(),
    async producer(options) {
      const guard = () => {
        if (!mayWrite()) throw lapsed()
      }
      const producer = await checked(() => broker.producer({ ...options, guard }))
      // Taking the transactional id over may have waited, long enough to have fenced a successor.
      if (mayWrite()) return leasedProducer(producer, checked)
      await producer.close()
      throw lapsed()
    }
  }
}

function leasedProducer(
  producer: Producer,
  checked: <T>(work: () => Promise<T>) => Promise<T>
): Producer {
  return {
    append: (topic, partition, records) =>
      checked(() => producer.append(topic, partition, records)),
    commit: () => checked(() => producer.commit()),
    abort: () => producer.abort(),
    close: () => producer.close()
  }
}

/** The sink task with a check before every `put`. */
export function leasedSink(task: SinkTask, mayWrite: MayWrite): SinkTask {
  const { open } = task
  return {
    start: (context) => task.start(context),
    ...(open && { open: (partitions) => open.call(task, partitions) }),
    put: (records, next) => (mayWrite() ? task.put(records, next) : Promise.reject(lapsed())),
    stop: () => task.stop()
  }
}

function lapsed(): FencedError {
  return new FencedError(
    'The group has not heard of this worker for session.timeout.ms: the task may run elsewhere',
    { hint: 'nothing to do: the worker joins its group again' }
  )
}

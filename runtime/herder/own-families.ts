import { Families, type Family, labelText, metricName } from '../metrics/exposition.ts'
import type { MeasuredTask } from './task-beans.ts'

/** What Kafka Connect has no figure for, and what connectors say of themselves. */
export function ownFamilies(tasks: readonly MeasuredTask[]): Iterable<Family> {
  const families = new Families()
  for (const task of tasks) {
    const { connector, task: number } = task.wanted
    const labels = labelText({ connector, task: String(number) })
    const kind = task.figures.parts?.kind ?? task.type
    if (kind === 'source') addSource(families, task, labels)
    if (kind === 'sink') addSink(families, task, labels)
    addOwn(families, task, labels)
  }
  return families.all()
}

function addSource(families: Families, { figures }: MeasuredTask, labels: string): void {
  const { recorded, lagMs } = figures
  const add = (name: string, help: string, value: number) =>
    families.add(`millrace_source_${name}`, help, { labels, value })
  add(
    'in_flight_bytes',
    'Bytes that are converted and not durable yet',
    recorded.gauge('in_flight_bytes')
  )
  add(
    'written_bytes_total',
    'Bytes of keys and values that are durable, and 64 for each record',
    recorded.total('written_bytes_total')
  )
  add('transactions_total', 'Commits of records and offsets', recorded.total('transactions_total'))
  if (lagMs !== null) {
    add('lag_seconds', 'How far the task is behind its source, as it says itself', lagMs / 1000)
  }
}

function addSink(families: Families, { figures }: MeasuredTask, labels: string): void {
  const { recorded } = figures
  const add = (name: string, help: string, value: number) =>
    families.add(`millrace_sink_${name}`, help, { labels, value })
  add(
    'lag_records',
    'Records between where the task goes on and the ends of its partitions, as last read',
    recorded.gauge('lag_records')
  )
  add(
    'offset_resets_total',
    'Positions that were gone and were replaced',
    recorded.total('offset_resets_total')
  )
}

function addOwn(families: Families, { figures }: MeasuredTask, labels: string): void {
  // Names that differ only in what a name cannot have are one name.
  const own = new Map(
    Object.entries(figures.recorded.own).map(([name, value]) => [metricName(name), value])
  )
  for (const [name, value] of own) {
    const help = `What the connector says as ${name}`
    families.add(`millrace_task_${name}`, help, { labels, value }, 'gauge')
  }
}

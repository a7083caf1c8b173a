import { boolean, string } from '../../runtime/api/config.ts'
import { defineSink } from '../../runtime/api/connector.ts'
import { toJson } from '../../runtime/api/json.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import type { SinkTask } from '../../runtime/api/task.ts'

interface LineOptions {
  readonly printTopic: boolean
  readonly printKey: boolean
  readonly separator: string
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : toJson(value)
}

function lineOf(record: SinkRecord, { printTopic, printKey, separator }: LineOptions): string {
  const parts = [asText(record.value)]
  if (printKey) parts.unshift(asText(record.key))
  if (printTopic) parts.unshift(`${record.topic}-${record.partition}`)
  return parts.join(separator)
}

/** Prints records; what was printed cannot be taken back, so that after a crash some come twice. */
function stdoutTask(options: LineOptions, output: NodeJS.WritableStream): SinkTask {
  return {
    async start() {},
    async put(records) {
      if (records.length === 0) return
      const text = `${records.map((record) => lineOf(record, options)).join('\n')}\n`
      await new Promise<void>((resolve, reject) => {
        output.write(text, (error) => (error ? reject(error) : resolve()))
      })
    },
    async stop() {}
  }
}

export default defineSink({
  summary: 'Records as lines on the standard output of the worker, to look at them.',
  config: {
    'print.topic': boolean({ doc: 'Begin each line with topic and partition.', default: false }),
    'print.key': boolean({ doc: 'Print the key before the value.', default: false }),
    'key.separator': string({ doc: 'What stands between topic, key and value.', default: '\t' })
  },
  createTask: (config) =>
    stdoutTask(
      {
        printTopic: config['print.topic'],
        printKey: config['print.key'],
        separator: config['key.separator']
      },
      process.stdout
    )
})

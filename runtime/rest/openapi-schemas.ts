const text = { type: 'string' }
const optionalText = { type: ['string', 'null'] }
const integer = { type: 'integer' }
const anything = { type: 'object' }
const listOf = (items: object) => ({ type: 'array', items })
const mapOf = (values: object) => ({ type: 'object', additionalProperties: values })
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

/** An object whose properties are required, but for those that are named. */
function object(properties: Readonly<Record<string, object>>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required }
}

const connectorType = { enum: ['source', 'sink', 'unknown'] }
const targetState = { enum: ['RUNNING', 'PAUSED', 'STOPPED'] }
const state = { enum: ['UNASSIGNED', 'RUNNING', 'PAUSED', 'STOPPED', 'FAILED', 'RESTARTING'] }
const states = { state, worker_id: text, version: optionalText, trace: text }
const taskId = object({ connector: text, task: integer })

/** The JSON of the API by name (`connect/runtime/.../rest/entities` of Kafka Connect 4.3). */
export const openApiSchemas: Readonly<Record<string, object>> = {
  Error: object({ error_code: integer, message: optionalText }),
  Message: object({ message: text }),
  ServerInfo: object({ version: text, commit: text, kafka_cluster_id: text }),
  Health: object({ status: text, message: text }, ['message']),
  Metrics: text,
  OpenApi: anything,
  Config: mapOf(optionalText),
  CreateConnector: object({ name: text, config: ref('Config'), initial_state: targetState }, [
    'initial_state'
  ]),
  ConnectorInfo: object({
    name: text,
    config: ref('Config'),
    tasks: listOf(taskId),
    type: connectorType
  }),
  ConnectorStatus: object({
    name: text,
    connector: object(states, ['trace']),
    tasks: listOf(ref('TaskStatus')),
    type: connectorType
  }),
  TaskStatus: object({ id: integer, ...states }, ['trace']),
  TaskList: listOf(object({ id: taskId, config: ref('Config') })),
  TaskConfigs: listOf(ref('Config')),
  ConnectorList: {
    oneOf: [
      listOf(text),
      mapOf(
        object({ status: ref('ConnectorStatus'), info: ref('ConnectorInfo') }, ['status', 'info'])
      )
    ]
  },
  ConnectorTopics: mapOf(object({ topics: listOf(text) })),
  Offsets: object({
    offsets: listOf(
      object({ partition: anything, offset: { type: ['object', 'null'] } }, ['offset'])
    )
  }),
  PluginList: listOf(object({ class: text, type: text, version: text }, ['version'])),
  ConfigKey: object({
    name: text,
    type: text,
    required: { type: 'boolean' },
    default_value: optionalText,
    importance: { enum: ['HIGH', 'MEDIUM', 'LOW'] },
    documentation: text,
    group: optionalText,
    order_in_group: integer,
    order: integer,
    width: { enum: ['NONE', 'SHORT', 'MEDIUM', 'LONG'] },
    display_name: text,
    dependents: listOf(text)
  }),
  ConfigKeys: listOf(ref('ConfigKey')),
  ConfigInfos: object({
    name: text,
    error_count: integer,
    groups: listOf(text),
    configs: listOf(
      object({
        definition: { oneOf: [ref('ConfigKey'), { type: 'null' }] },
        value: object({
          name: text,
          value: optionalText,
          recommended_values: listOf(text),
          errors: listOf(text),
          visible: { type: 'boolean' }
        })
      })
    )
  }),
  LoggerLevel: object({ level: text, last_modified: { type: ['integer', 'null'] } }),
  LoggerList: mapOf(ref('LoggerLevel')),
  LoggerNames: listOf(text),
  SetLevel: object({ level: text })
}

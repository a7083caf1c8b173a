import type { Herder } from '../herder/herder.ts'
import { empty, json } from './answers.ts'
import { connectorRoute, flag, type Route, type RouteDoc, taskRoute } from './route.ts'
import type { ShownConfigs } from './shown-config.ts'
import { shownStatus, shownTaskState } from './shown-status.ts'

export interface LifecycleServices {
  readonly herder: Herder
  readonly shown: ShownConfigs
  /** The text with every known secret masked. */
  redact(text: string): string
}

/** What connectors and tasks do, and the requests that change it. */
export function lifecycleRoutes({ herder, shown, redact }: LifecycleServices): Route[] {
  const at = (rest: string) => `/connectors/{connector}/${rest}`
  return [
    connectorRoute('GET', at('status'), STATUS_DOC, async (name) =>
      json(200, shownStatus(await herder.status(name), redact))
    ),
    connectorRoute('PUT', at('pause'), PAUSE_DOC, async (name) => {
      await herder.pause(name)
      return empty(202)
    }),
    connectorRoute('PUT', at('resume'), RESUME_DOC, async (name) => {
      await herder.resume(name)
      return empty(202)
    }),
    connectorRoute('PUT', at('stop'), STOP_DOC, async (name) => {
      await herder.stop(name)
      return empty(204)
    }),
    connectorRoute('POST', at('restart'), RESTART_DOC, async (name, { request }) => {
      const includeTasks = flag(request, 'includeTasks')
      const onlyFailed = flag(request, 'onlyFailed')
      if (includeTasks || onlyFailed) {
        const status = await herder.restartWith(name, { includeTasks, onlyFailed })
        return json(202, shownStatus(status, redact))
      }
      await herder.restart(name)
      return empty(204)
    }),
    connectorRoute('GET', at('tasks'), TASKS_DOC, async (name) => {
      const tasks = herder.tasks(name).map(async ({ id, config }) => ({
        id,
        config: await shown.of(config)
      }))
      return json(200, await Promise.all(tasks))
    }),
    taskRoute('GET', at('tasks/{task}/status'), TASK_STATUS_DOC, (name, task) =>
      json(200, shownTaskState(herder.taskStatus(name, task), redact))
    ),
    taskRoute('POST', at('tasks/{task}/restart'), RESTART_TASK_DOC, async (name, task) => {
      await herder.restartTask(name, task)
      return empty(204)
    }),
    connectorRoute('GET', at('topics'), TOPICS_DOC, (name) =>
      json(200, Object.fromEntries([[name, { topics: herder.topics(name) }]]))
    ),
    connectorRoute('PUT', at('topics/reset'), RESET_TOPICS_DOC, async (name) => {
      await herder.resetTopics(name)
      return empty(202)
    })
  ]
}

const doc = (summary: string, rest: Omit<RouteDoc, 'summary' | 'tag'>): RouteDoc => ({
  summary,
  tag: 'connectors',
  ...rest
})

const STATUS_DOC = doc('The state of a connector and its tasks.', {
  answers: { 200: 'ConnectorStatus' },
  failures: [404]
})
const PAUSE_DOC = doc('Pauses a connector: its tasks stay where they are and do nothing.', {
  answers: { 202: null },
  failures: [404]
})
const RESUME_DOC = doc('Lets a paused or stopped connector run again.', {
  answers: { 202: null },
  failures: [404]
})
const STOP_DOC = doc('Stops a connector: its tasks end, its config stays.', {
  answers: { 204: null },
  failures: [404, 409]
})
const RESTART_DOC = doc('Restarts a connector and, if asked for, its tasks.', {
  query: { includeTasks: '`true`: its tasks too', onlyFailed: '`true`: only what has failed' },
  answers: { 202: 'ConnectorStatus', 204: null },
  failures: [404, 409]
})
const TASKS_DOC = doc('The tasks of a connector, with secrets in their configs masked.', {
  answers: { 200: 'TaskList' },
  failures: [404]
})
const TASK_STATUS_DOC = doc('The state of a task.', {
  answers: { 200: 'TaskStatus' },
  failures: [404]
})
const RESTART_TASK_DOC = doc('Restarts a task.', { answers: { 204: null }, failures: [404, 409] })
const TOPICS_DOC = doc('The topics that a connector has used since it was created or reset.', {
  answers: { 200: 'ConnectorTopics' },
  failures: [403]
})
const RESET_TOPICS_DOC = doc('Forgets the topics that a connector has used.', {
  answers: { 202: null },
  failures: [403]
})

import type { Herder } from '../herder/herder.ts'
import { empty } from './answers.ts'
import { readTaskConfigs } from './request-json.ts'
import { verifySignature } from './request-signature.ts'
import { connectorRoute, type Route } from './route.ts'

export interface InternalServices {
  readonly herder: Herder
  /** `inter.worker.verification.algorithms` */
  readonly verificationAlgorithms: readonly string[]
}

/** What other workers of the group ask for, signed with the group's session key. */
export function internalRoutes({ herder, verificationAlgorithms }: InternalServices): Route[] {
  const rules = () => ({ sessionKey: herder.sessionKey, algorithms: verificationAlgorithms })
  return [
    connectorRoute('POST', '/connectors/{connector}/tasks', TASKS_DOC, async (name, call) => {
      const configs = readTaskConfigs(call.request.body)
      verifySignature(call.request, rules())
      await herder.putTaskConfigs(name, configs)
      return empty(204)
    }),
    connectorRoute('PUT', '/connectors/{connector}/fence', FENCE_DOC, async (name, call) => {
      verifySignature(call.request, rules())
      await herder.fence(name)
      return empty(204)
    })
  ]
}

const TASKS_DOC = {
  summary: 'Between workers: publishes new task configs of a connector.',
  tag: 'internal',
  body: 'TaskConfigs',
  answers: { 204: null },
  failures: [400, 403, 404, 409, 503]
} as const

const FENCE_DOC = {
  summary: 'Between workers: ends what earlier tasks of a connector may still write.',
  tag: 'internal',
  answers: { 204: null },
  failures: [400, 403, 404, 409, 503]
} as const

import type { Herder } from '../herder/herder.ts'
import { json } from './answers.ts'
import { readOffsets } from './request-json.ts'
import { connectorRoute, type Route } from './route.ts'

/** `/connectors/{c}/offsets`: where a connector stands, and setting it back or forth. */
export function offsetRoutes(herder: Herder): Route[] {
  const path = '/connectors/{connector}/offsets'
  return [
    connectorRoute('GET', path, GET_DOC, async (name) =>
      json(200, { offsets: await herder.offsets(name) })
    ),
    connectorRoute('PATCH', path, PATCH_DOC, async (name, { request }) =>
      json(200, { message: await herder.alterOffsets(name, readOffsets(request.body)) })
    ),
    connectorRoute('DELETE', path, DELETE_DOC, async (name) =>
      json(200, { message: await herder.resetOffsets(name) })
    )
  ]
}

const GET_DOC = {
  summary: 'The offsets of a connector.',
  tag: 'offsets',
  answers: { 200: 'Offsets' },
  failures: [404]
} as const

const PATCH_DOC = {
  summary: 'Changes offsets of a stopped connector; a null offset is forgotten.',
  tag: 'offsets',
  body: 'Offsets',
  answers: { 200: 'Message' },
  failures: [400, 404, 409]
} as const

const DELETE_DOC = {
  summary: 'Forgets all offsets of a stopped connector.',
  tag: 'offsets',
  answers: { 200: 'Message' },
  failures: [400, 404, 409]
} as const

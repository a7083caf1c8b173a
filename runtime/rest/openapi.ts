import { openApiSchemas } from './openapi-schemas.ts'
import type { Route } from './route.ts'

/** The description of the API, in OpenAPI 3.1, made from its routes. @param version of Millrace */
export function openApi(routes: readonly Route[], version: string): object {
  const byPath = [...Map.groupBy(routes, ({ path }) => path)]
  const paths = byPath.map(([path, members]) => [
    path,
    {
      ...parameters(path),
      ...Object.fromEntries(members.map((route) => [route.method.toLowerCase(), operation(route)]))
    }
  ])
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      description: "Kafka Connect's REST API, and what Millrace adds to it."
    },
    paths: Object.fromEntries(paths),
    components: { schemas: openApiSchemas }
  }
}

function parameters(path: string): object {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  if (names.length === 0) return {}
  return {
    parameters: names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: name === 'task' ? 'integer' : 'string' }
    }))
  }
}

function operation({ doc, produces, method, path }: Route): object {
  const query = Object.entries(doc.query ?? {}).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' }
  }))
  return {
    operationId: operationId(method, path),
    summary: doc.summary,
    tags: [doc.tag],
    ...(query.length > 0 && { parameters: query }),
    ...(doc.body && { requestBody: { required: true, content: content(doc.body) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(doc.answers).map(([status, schema]) => [
          status,
          {
            description: Number(status) === 202 ? 'Taken on; it is done soon.' : 'Done.',
            ...(schema && { content: content(schema, produces) })
          }
        ])
      ),
      ...Object.fromEntries((doc.failures ?? []).map((status) => [status, failureOf(status, doc)])),
      default: failure('Any other failure.')
    }
  }
}

const FAILURES: Readonly<Record<number, string>> = {
  400: 'The request is wrong; the message says what.',
  403: 'Not allowed.',
  404: 'There is no such thing.',
  409: 'In conflict with what is there, or with a change of the group: try again.',
  503: 'Not yet: try again.'
}

function failureOf(status: number, doc: Route['doc']): object {
  const schema = doc.tag === 'server' ? 'Health' : 'Error'
  return failure(FAILURES[status] ?? 'Failed.', schema)
}

function failure(description: string, schema = 'Error'): object {
  return { description, content: content(schema) }
}

function content(schema: string, type = 'application/json'): object {
  const mediaType = type === '*/*' ? 'text/plain' : type
  return { [mediaType]: { schema: { $ref: `#/components/schemas/${schema}` } } }
}

/** As in `getConnectorsConnectorStatus`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z]+/).filter(Boolean)
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
  return method.toLowerCase() + (words.length === 0 ? 'Root' : words.map(capital).join(''))
}

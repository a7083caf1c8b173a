import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Plugins } from '../../../runtime/config/plugins.ts'
import { openApi } from '../../../runtime/rest/openapi.ts'
import { openApiSchemas } from '../../../runtime/rest/openapi-schemas.ts'
import { type RestApiOptions, restRoutes } from '../../../runtime/rest/rest-api.ts'

// The routes are only listed here: none of them is asked anything.
const plugins = new Plugins({ registry: {}, pluginPath: [], cwd: '.' })
const routes = restRoutes({ plugins } as unknown as RestApiOptions)
const description = JSON.parse(JSON.stringify(openApi(routes, '1.2.3')))

describe('/openapi.json', () => {
  it('has every route with what it answers', () => {
    assert.ok(routes.length > 30, `${routes.length}`)
    for (const { method, path, doc } of routes) {
      const operation = description.paths[path]?.[method.toLowerCase()]
      assert.equal(operation?.summary, doc.summary, `${method} ${path}`)
      for (const status of Object.keys(doc.answers)) assert.ok(operation.responses[status])
      assert.ok(operation.responses.default)
    }
  })

  it('declares the parameters of each path', () => {
    for (const [path, item] of Object.entries<{ parameters?: { name: string }[] }>(
      description.paths
    )) {
      const declared = (item.parameters ?? []).map(({ name }) => `{${name}}`)
      assert.deepEqual(path.match(/\{\w+\}/g) ?? [], declared)
    }
  })

  it('refers only to schemas that exist, and has none in vain', () => {
    const used = new Set(
      [...JSON.stringify(description).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
        ([, name]) => name
      )
    )
    assert.deepEqual([...used].toSorted(), Object.keys(openApiSchemas).toSorted())
  })

  it('has an operation id for each route', () => {
    const ids = Object.values<object>(description.paths).flatMap((item) =>
      Object.values(item).flatMap((operation) => operation.operationId ?? [])
    )
    assert.equal(new Set(ids).size, routes.length)
  })
})

import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Simulator, startSimulator } from 'llmux/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { operations } from '../../src/openapi/document.js'
import { llmOperations } from '../../src/openapi/llm.js'
import { noPostgres, startPostgres } from '../control/postgres.js'
import { noRedis, startRedis } from '../control/redis-server.js'
import { caller, startGateway } from '../http/start.js'
import { steps } from './steps.js'

const configOf = (simulator: Simulator) => {
  const upstream = { api_key: 'sk-x', api_base: simulator.openaiBase }
  return {
    model_list: [
      { model_name: 'large', litellm_params: { model: 'openai/gpt-5.5', ...upstream } },
      { model_name: 'words', litellm_params: { model: 'openai/text-embedding-3-small', ...upstream } },
      { model_name: 'guard', litellm_params: { model: 'openai/omni-moderation-latest', ...upstream } },
      {
        model_name: 'sort',
        litellm_params: { model: 'cohere/rerank-v3.5', api_key: 'x', api_base: simulator.base('cohere') },
      },
    ],
    general_settings: { store_model_in_db: true },
    litellm_settings: { cache: true, cache_params: { type: 'local' } },
  }
}

interface DocumentedOperation {
  readonly operationId: string
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>
}
interface Document {
  readonly paths: Record<string, Record<string, DocumentedOperation>>
  readonly components: { readonly schemas: Record<string, object> }
}

let simulator: Simulator
let gateway: Awaited<ReturnType<typeof startGateway>>
let ask: ReturnType<typeof caller>
let document: Document
beforeAll(async () => {
  simulator = await startSimulator()
  gateway = await startGateway({ config: configOf(simulator) })
  ask = caller(gateway)
  document = (await ask('GET', '/openapi.json', undefined, { key: '' })).json
})
afterAll(async () => {
  await gateway?.stop()
  await simulator?.close()
})

const documentPath = (path: string) =>
  path
    .replace(/\\:/g, '\0')
    .replace(/:(\w+)/g, '{$1}')
    .replaceAll('\0', ':')

const names = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )

describe('the OpenAPI document', () => {
  it('has every route that the server mounts, and describes each', () => {
    const described = new Set(
      Object.keys(operations).map((name) => `${name.split(' ')[0]} ${documentPath(name.split(' ')[1] ?? '')}`),
    )
    expect(names().filter((name) => !described.has(name))).toEqual([])
  })

  it('describes no route that the server does not have', () => {
    const mounted = new Set(names())
    const missing = Object.keys(operations)
      .map((name) => `${name.split(' ')[0]} ${documentPath(name.split(' ')[1] ?? '')}`)
      .filter((name) => !mounted.has(name))
    expect(missing).toEqual([])
  })

  it('has the calls of models that the server answers', async () => {
    for (const name of Object.keys(llmOperations)) {
      const [method = '', path = ''] = name.split(' ')
      const url = path.replace(':model', 'large').replace(':id', 'resp_1').replaceAll('\\', '')
      const { status, text } = await ask(method, url, method === 'POST' ? {} : undefined)
      expect([404, 405, 501].includes(status) && !text.includes('resp_1'), `${name}: ${status} ${text}`).toBe(false)
    }
  })

  it('gives each operation an id of its own', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    )
    expect(ids.length).toBe(new Set(ids).size)
  })

  it('refers only to schemas that it has', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? '')
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)
    expect(refs.length).toBeGreaterThan(20)
    expect(refs.filter((ref) => !known.includes(ref))).toEqual([])
  })
})

const missing = noPostgres() ?? noRedis()

describe.each([
  ['SQLite', undefined],
  [`Postgres and Redis${missing ? ` (${missing})` : ''}`, missing],
])('answers with %s', (name, reason) => {
  it.skipIf(reason)(
    'have the documented shape, without a field that the document lacks',
    async () => {
      const environment: Record<string, string> = {}
      if (name !== 'SQLite') {
        const [database, redis] = await Promise.all([startPostgres(), startRedis()])
        onTestFinished(async () => {
          await database.stop()
          redis.stop()
        }, 60_000)
        Object.assign(environment, { DATABASE_URL: await database.database(), REDIS_URL: redis.url })
      }
      const own = await startGateway({ config: configOf(simulator), environment })
      onTestFinished(() => own.stop(), 60_000)
      const ask = caller(own)
      const ajv = new Ajv2020({ strict: false, allErrors: true })
      ajv.addSchema({ $id: 'document', ...document })
      const seen = new Set<string>()
      const compiled = new Map<string, ReturnType<typeof ajv.compile>>()
      const values: Record<string, string> = {}
      const problems: string[] = []
      for (const step of steps) {
        const [method = '', path = '', query = ''] = step.request.split(' ')
        const fill = (text: string) => text.replace(/\$(\w+)/g, (_, name: string) => values[name] ?? `missing-${name}`)
        const url = fill(
          path
            .replace(/:(\w+)/g, (whole, name: string) => (step.path?.[name] ? step.path[name] : whole))
            .replaceAll('\\', ''),
        )
        const body = step.body === undefined ? undefined : JSON.parse(fill(JSON.stringify(step.body)))
        const { status, json, text } = await ask(method, fill(`${url}${query}`), body)
        const name = `${method} ${path}`
        // a block does not wait for the database of a busy machine
        const pending = status === 202 && name.endsWith('/block') && json.pending === true
        if (!pending) expect(status, `${name}: ${text}`).toBe(step.status ?? 200)
        seen.add(name)
        if (pending) continue
        for (const [variable, read] of Object.entries(step.keep ?? {})) values[variable] = read(json)
        const answer = operations[name]?.answer
        if (json === undefined) continue
        if (step.status !== undefined) {
          const schema = ajv.getSchema('document#/components/schemas/Error')
          if (!schema?.(json)) problems.push(`${name}, ${status}: ${ajv.errorsText(schema?.errors)}`)
          continue
        }
        if (!answer) continue
        const strict = compiled.get(name) ?? ajv.compile(z.toJSONSchema(answer, { io: 'output' }))
        compiled.set(name, strict)
        if (!strict(json))
          problems.push(
            `${name}: ${ajv.errorsText(strict.errors)} ${JSON.stringify(strict.errors?.map(({ params }) => params))}`,
          )
        const at = `document#/paths/${pointer(documentPath(path))}/${method.toLowerCase()}/responses/200/content/application~1json/schema`
        const loose = ajv.getSchema(at)
        if (!loose?.(json)) problems.push(`${name}, by the document: ${ajv.errorsText(loose?.errors)}`)
      }
      expect(problems).toEqual([])
      const untouched = Object.entries(operations).filter(([name, { answer }]) => answer && !seen.has(name))
      expect(untouched.map(([name]) => name)).toEqual([])
    },
    240_000,
  )
})

const pointer = (path: string) => encodeURIComponent(path.replaceAll('~', '~0').replaceAll('/', '~1'))

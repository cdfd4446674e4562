import { z } from 'zod'
import { ruleOf } from '../keys/routes.js'
import { budgetOperations, customerOperations, organizationOperations, tagOperations } from './budgets.js'
import { keyOperations } from './keys.js'
import { errorBody, llmOperations } from './llm.js'
import { healthOperations, modelOperations, operationOperations } from './operation.js'
import type { Operation, Operations } from './parts.js'
import { priceOperations } from './prices.js'
import { spendOperations } from './spend.js'
import { teamOperations } from './teams.js'
import { usageOperations } from './usage.js'
import { userOperations } from './users.js'

/** Descriptions of all routes, by method and path. */
export const operations: Operations = {
  ...llmOperations,
  ...keyOperations,
  ...teamOperations,
  ...userOperations,
  ...customerOperations,
  ...budgetOperations,
  ...tagOperations,
  ...organizationOperations,
  ...modelOperations,
  ...spendOperations,
  ...usageOperations,
  ...priceOperations,
  ...healthOperations,
  ...operationOperations,
}

type Json = Record<string, unknown>

/** A route as the server mounts it. */
export interface MountedRoute {
  readonly method: string
  readonly path: string
  /** Whether the route needs no key, or checks it by itself. */
  readonly open?: boolean | undefined
}

/** Paths of the SDK's handler. */
const callRoutes: readonly MountedRoute[] = Object.keys(llmOperations).map((name) => {
  const [method = '', path = ''] = name.split(' ')
  return { method, path }
})

/** An OpenAPI 3.1 document of the mounted routes. */
export function openApiDocument(mounted: readonly MountedRoute[], version: string): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  const error = referred(errorBody, 'output', schemas)
  for (const route of [...callRoutes, ...mounted]) {
    const found = operations[`${route.method} ${route.path}`] ?? { tag: 'Other', summary: route.path }
    const path = route.path
      .replace(/\\:/g, '\0')
      .replace(/:(\w+)/g, '{$1}')
      .replaceAll('\0', ':')
    const entry = paths[path] ?? {}
    paths[path] = entry
    entry[route.method.toLowerCase()] = describe(route, path, found, schemas, error)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'llmux-gateway',
      version,
      summary: 'One gateway for all LLM providers, with virtual keys, budgets and spend.',
      description:
        'Clients of OpenAI, Anthropic and Gemini call any model. The management routes are those of LiteLLM. Amounts are in US dollars, times in ISO 8601 or milliseconds as named.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [...new Set(Object.values(operations).map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'The admin key, a virtual key, or a token of an identity provider.',
        },
      },
    },
  }
}

function describe(route: MountedRoute, path: string, operation: Operation, schemas: Json, error: Json): Json {
  const { method } = route
  const { tag, summary, description, query, body, bodyOptional, answer, media, events, status = 200 } = operation
  const { roles } = ruleOf(method, path.replaceAll(/\{\w+\}/g, 'x'))
  const content: Json = {
    ...(answer && { 'application/json': { schema: referred(answer, 'output', schemas) } }),
    ...(media && { [media]: { schema: { type: 'string' } } }),
    ...(events && {
      'text/event-stream': { schema: { type: 'string' }, 'x-event': referred(events, 'output', schemas) },
    }),
  }
  return {
    operationId: idOf(method, path),
    tags: [tag],
    summary,
    ...(description && { description }),
    ...(route.open && !operation.ownKeyCheck ? { security: [] } : { 'x-roles': roles }),
    parameters: [...pathParameters(path), ...(query ? queryParameters(query, schemas) : [])],
    ...(body && {
      requestBody: {
        required: !bodyOptional,
        content: { 'application/json': { schema: referred(body, 'input', schemas) } },
      },
    }),
    responses: {
      [status]: {
        description: status === 303 ? 'Redirection.' : 'Success.',
        ...(Object.keys(content).length > 0 && { content }),
      },
      default: { description: 'Error.', content: { 'application/json': { schema: error } } },
    },
  }
}

/** `POST /key/{key}/regenerate` becomes `post_key_key_regenerate`. */
const idOf = (method: string, path: string) =>
  `${method.toLowerCase()}_${path.replace(/[^\w]+/g, '_').replace(/^_|_$/g, '') || 'root'}`

const pathParameters = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))

function queryParameters(query: z.ZodObject, schemas: Json): Json[] {
  const { properties = {}, required = [] } = referred(query, 'input', schemas) as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }))
}

/** The JSON Schema of a type. Named parts of it are moved to `schemas`. */
function referred(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io }) as Json
  for (const [name, { id: _, ...definition }] of Object.entries($defs as Record<string, Json>))
    schemas[name] = withoutDefs(definition)
  return withoutDefs(own) as Json
}

/** Points references to the document, and lets objects have further fields. */
function withoutDefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefs)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, entry]) => !(name === 'additionalProperties' && entry === false))
      .map(([name, entry]) => [
        name,
        name === '$ref' ? String(entry).replace('#/$defs/', '#/components/schemas/') : withoutDefs(entry),
      ]),
  )
}

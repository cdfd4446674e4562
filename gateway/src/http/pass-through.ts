import { type BillableUsage, costPerToken, type SettledRecord } from 'llmux'
import type { PassThroughSetting, Settings } from '../config/settings.js'
import { newCallId } from '../limits/call-ids.js'
import type { ModelCatalog } from '../models/catalog.js'
import { forbidden, refusalOf, refuse } from '../refusal.js'
import type { PassedCall, PassedRequest, Tracing } from '../tracing/tracing.js'
import type { Admitted, Control, Principal } from '../types.js'
import type { BodyReader } from './body.js'
import { authorizeCloud, type CloudRequest, cloudOf, cloudRequest } from './cloud-routes.js'
import { keyOf } from './keys.js'
import type { GatewayResponse, OpenRequest } from './response.js'
import { UsageWatch } from './usage-watch.js'

/** A provider behind a prefix of paths. */
interface Upstream {
  readonly base: string
  /** `provider` of model strings, for prices and for the credential. */
  readonly provider: string
  readonly keyVariables: readonly string[]
  /** Header of the credential. */
  readonly auth: (key: string) => Readonly<Record<string, string>>
  readonly baseVariable?: string
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

const upstreams: Readonly<Record<string, Upstream>> = {
  openai: { base: 'https://api.openai.com', provider: 'openai', keyVariables: ['OPENAI_API_KEY'], auth: bearer },
  anthropic: {
    base: 'https://api.anthropic.com',
    provider: 'anthropic',
    keyVariables: ['ANTHROPIC_API_KEY'],
    auth: (key) => ({ 'x-api-key': key }),
  },
  gemini: {
    base: 'https://generativelanguage.googleapis.com',
    provider: 'gemini',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    auth: (key) => ({ 'x-goog-api-key': key }),
  },
  cohere: {
    base: 'https://api.cohere.com',
    provider: 'cohere',
    keyVariables: ['COHERE_API_KEY', 'CO_API_KEY'],
    auth: bearer,
  },
  mistral: { base: 'https://api.mistral.ai', provider: 'mistral', keyVariables: ['MISTRAL_API_KEY'], auth: bearer },
}

/** Paths that the SDK's handler serves, although they begin like a pass-through path. */
const served =
  /^\/openai\/(deployments|engines)\/|^\/openai\/(v1\/)?(chat\/completions|completions|embeddings|moderations|models|responses)(\/|$)/
const unknown = /^\/(assemblyai|vllm|langfuse|cursor|milvus)(\/|$)/

/** Headers of a client that reach the provider. */
const forwarded =
  /^(accept|content-type|user-agent|anthropic-(version|beta)|openai-(beta|organization|project)|x-goog-api-client|idempotency-key)$/
/** Headers of a provider that reach the client. */
const returned =
  /^(content-type|retry-after|request-id|x-request-id|openai-.*|anthropic-ratelimit-.*|x-ratelimit-.*|x-amzn-.*|location)$/

export interface PassThroughParts {
  readonly control: Control
  readonly catalog: ModelCatalog
  readonly settings: () => Settings
  readonly bodies: BodyReader
  readonly hooks: () => unknown
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly tracing?: Pick<Tracing, 'begin'> | undefined
}

interface Destination {
  /** Address and headers for a body, once it is known. */
  at(method: string, body: Buffer): Located | Promise<Located>
  /** Name of the model at the provider, if the path has it. */
  readonly model?: string | undefined
  /** Name of the model for its price, if that is another one. */
  readonly priced?: string | undefined
  /** Whether hooks must see the request: undefined for targets of the configuration. */
  readonly guarded: boolean
  readonly provider: string | undefined
  /** US dollars of each request. */
  readonly cost: number | undefined
}

interface Located {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Answers a request by another server as it is, if its path is one of those; undefined otherwise. */
export function passThrough(
  parts: PassThroughParts,
  request: OpenRequest,
  signal: () => AbortSignal,
): Promise<GatewayResponse> | undefined {
  const customs = parts.settings().passThrough
  // the paths of most calls are those of no provider
  if (customs.length === 0 && request.path.startsWith('/v1/')) return undefined
  if (/\/(\.|%2e){1,2}(\/|$)/i.test(request.path)) return undefined
  const custom = customs.find((one) => fitsPath(one, request.path))
  if (custom) return forward(parts, request, signal(), () => customDestination(custom, request))
  const prefix = request.path.split('/', 2)[1] ?? ''
  if (Object.hasOwn(upstreams, prefix) && request.path.startsWith(`/${prefix}/`) && !served.test(request.path)) {
    const upstream = upstreams[prefix] as Upstream
    return forward(parts, request, signal(), () => providerDestination(parts, upstream, prefix, request))
  }
  const cloud = cloudOf(prefix)
  if (cloud !== undefined && request.path.startsWith(`/${prefix}/`)) {
    const found = () => {
      const { catalog, environment } = parts
      return cloudRequest(cloud, request.url.slice(prefix.length + 1), catalog.entries, environment)
    }
    return forward(parts, request, signal(), () => cloudDestination(found()))
  }
  if (unknown.test(request.path)) {
    return Promise.reject(
      refuse('This service has no pass-through routes of its own. Add a pass_through_endpoint.', {
        status: 501,
        type: 'not_implemented_error',
      }),
    )
  }
  return undefined
}

const fitsPath = ({ path, includeSubpath }: PassThroughSetting, given: string) =>
  given === path || (includeSubpath && given.startsWith(`${path.replace(/\/$/, '')}/`))

function customDestination({ path, target, headers, cost }: PassThroughSetting, request: OpenRequest): Destination {
  const rest = request.url.slice(path.length)
  const url = rest.startsWith('/') ? `${target.replace(/\/$/, '')}${rest}` : `${target}${rest}`
  return { at: () => ({ url, headers }), provider: undefined, cost, guarded: false }
}

function cloudDestination(request: CloudRequest): Destination {
  const { provider, model, priced } = request
  return {
    at: async (method, body) => authorizeCloud(request, method, body.toString('utf8')),
    ...{ provider, model, priced, cost: undefined, guarded: true },
  }
}

function providerDestination(
  { catalog, environment }: PassThroughParts,
  upstream: Upstream,
  prefix: string,
  { url }: OpenRequest,
): Destination {
  const own = catalog.entries.find(
    ({ useInPassThrough, team, config }) =>
      useInPassThrough && !team && config.params.model.startsWith(`${upstream.provider}/`),
  )
  const key = own?.config.params.apiKey ?? upstream.keyVariables.map((name) => environment[name]).find(Boolean)
  if (!key) {
    throw refuse(
      `No credential for /${prefix}/: set ${upstream.keyVariables[0]}, or use_in_pass_through on a deployment.`,
      { status: 501, type: 'not_implemented_error' },
    )
  }
  const base = (own?.config.params.apiBase ?? upstream.base).replace(/\/+$/, '')
  let rest = url.slice(prefix.length + 1)
  // bases of OpenAI end with the version, which the path has as well
  if (base.endsWith('/v1') && rest.startsWith('/v1/')) rest = rest.slice(3)
  const located = { url: withoutKey(`${base}${rest}`), headers: upstream.auth(key) }
  return { at: () => located, provider: upstream.provider, cost: undefined, guarded: true }
}

/** Gemini's clients may send their key in the query. */
function withoutKey(url: string): string {
  if (!/[?&]key=/.test(url)) return url
  const parsed = new URL(url)
  parsed.searchParams.delete('key')
  return parsed.href
}

async function forward(
  parts: PassThroughParts,
  request: OpenRequest,
  signal: AbortSignal,
  find: () => Destination,
): Promise<GatewayResponse> {
  const id = request.headers['x-litellm-call-id']?.slice(0, 200) || newCallId()
  const span = parts.tracing?.begin(request)
  let caller: Principal | undefined
  try {
    const response = await answer(parts, request, signal, find, id, span, (principal) => {
      caller = principal
    })
    const end = () => span?.end(response.status, id, caller)
    if (span && typeof response.body === 'object') return { ...response, body: ending(response.body, end) }
    end()
    return response
  } catch (error) {
    span?.end(refusalOf(error)?.status ?? 500, id, caller)
    throw error
  }
}

async function* ending<Part>(body: AsyncIterable<Part>, end: () => void): AsyncIterable<Part> {
  try {
    yield* body
  } finally {
    end()
  }
}

async function answer(
  parts: PassThroughParts,
  request: OpenRequest,
  signal: AbortSignal,
  find: () => Destination,
  id: string,
  span: PassedRequest | undefined,
  known: (caller: Principal) => void,
): Promise<GatewayResponse> {
  const { control, settings, bodies } = parts
  const query = new URLSearchParams(request.url.slice(request.path.length + 1)).get('key')
  const key = keyOf(request.headers, settings().keyHeader) ?? query ?? undefined
  await control.prepare(key)
  const principal = control.authenticate(key, request.ip)
  known(principal)
  checkRoute(principal, request.path)
  const destination = find()
  const { bytes, release } = await bodies.read(request.raw)
  let admitted: Admitted | undefined
  let call: PassedCall | undefined
  const startTime = Date.now()
  try {
    const params = parse(bytes)
    const model = destination.model ?? modelIn(params, request.path)
    if (model === undefined || (destination.guarded && !isModelCall(request, params))) checkAccount(principal, request)
    const name = model ?? `pass-through ${request.path.split('/', 2)[1]}`
    if (destination.guarded && model !== undefined) checkHooks(parts, principal)
    if (model !== undefined) {
      admitted = await control.admission.admit(principal, {
        id,
        operation: 'pass_through',
        path: request.path,
        model: name,
        params,
        stream: params.stream === true,
        headers: request.headers,
        ip: request.ip,
        signal,
      })
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([key]) => forwarded.test(key)),
    ) as Record<string, string>
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
    const located = await destination.at(request.method, bytes)
    call = span?.call(destination.provider ?? 'pass_through', name)
    const response = await fetch(located.url, {
      method: request.method,
      headers: { ...headers, ...located.headers, ...call?.headers },
      ...(hasBody && { body: new Uint8Array(bytes) }),
      redirect: 'manual',
      signal,
    })
    const watch = new UsageWatch(response.headers)
    const settle = (error?: unknown) => {
      call?.end(response.status, error !== undefined)
      const record = recordOf({
        name,
        destination,
        startTime,
        response,
        usage: watch.usage,
        error,
        stream: params.stream === true,
      })
      if (admitted) admitted.settle(record)
      else control.admission.note({ id, operation: 'pass_through', path: request.path, model: name, principal, record })
    }
    const out: Record<string, string> = { 'x-litellm-call-id': id }
    for (const [key, value] of response.headers) if (returned.test(key)) out[key] = value
    return { status: response.status, headers: out, body: watched(response, watch, settle) }
  } catch (error) {
    admitted?.release(error)
    call?.end(undefined, true)
    if (error instanceof TypeError)
      throw refuse('The provider could not be reached.', { status: 502, type: 'bad_gateway_error' })
    throw error
  } finally {
    release()
  }
}

/** Hooks can't read the bodies of all providers, and a guardrail that a path avoids is none. */
function checkHooks({ hooks, settings }: PassThroughParts, { master, role }: Principal): void {
  if (!hooks() || settings().hooksOnPassThrough === 'skip' || master || role === 'proxy_admin') return
  throw forbidden(
    'Pass-through requests with a model are for admins while hooks are configured, because hooks do not see them. Call the model by /v1/…, or set llmux_settings.hooks_on_pass_through to skip.',
    'permission_error',
  )
}

const modelRoutes: ReadonlySet<string> = new Set(['llm_api_routes', 'all_routes', 'mapped_pass_through_routes'])

/** `allowed_routes`. All roles may call models. */
function checkRoute({ key }: Principal, path: string): void {
  const allowed = key?.allowed_routes ?? []
  if (allowed.length > 0 && !allowed.some((route) => modelRoutes.has(route) || names(route, path)))
    throw forbidden(`The key may not call ${path}. Its routes are ${allowed.join(', ')}.`, 'permission_error', 'route')
}

const names = (route: string, path: string) =>
  route === path || (route.length > 1 && route.endsWith('*') && path.startsWith(route.slice(0, -1)))

/** Ends of the paths that call a model, and reach nothing that the account has stored. */
const modelCalls = new RegExp(
  `/(${[
    'chat/completions|completions|fim/completions|agents/completions|embeddings|moderations|responses|ocr|classifications',
    'images/(generations|edits|variations)|audio/(speech|transcriptions|translations)|messages(/count_tokens)?',
    'v[12]/(chat|embed|rerank|classify|generate|summarize|tokenize|detokenize)|rerank|embed|models/[^/]+:[a-zA-Z]+',
    'model/[^/]+/(converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)',
  ].join('|')})$`,
)

/** Names of stored things in a request of the Responses API. */
const storedThings = ['previous_response_id', 'conversation']

function isModelCall({ method, path }: OpenRequest, params: Readonly<Record<string, unknown>>): boolean {
  if (method !== 'POST' || !modelCalls.test(path)) return false
  if (!path.endsWith('/responses')) return true
  const { input } = params
  const refers = (item: unknown) => typeof item === 'object' && item !== null && 'id' in item
  return !storedThings.some((name) => params[name]) && !(Array.isArray(input) && input.some(refers))
}

/** Requests that are no calls of a model reach objects of the account: files, batches, stored responses, settings. */
function checkAccount({ master, role, key, team }: Principal, { path }: OpenRequest): void {
  if (master || role === 'proxy_admin') return
  const granted = [key, team].flatMap((row) => row?.metadata.allowed_passthrough_routes ?? [])
  const named =
    key?.allowed_routes.some((route) => route !== '*' && names(route, path)) ||
    granted.some((route) => typeof route === 'string' && (names(route, path) || path.startsWith(`${route}/`)))
  if (!named) {
    throw forbidden(
      'A pass-through request that is no call of a model, or names stored responses, reaches data of the whole account. It is for admins, and for keys whose allowed_routes or allowed_passthrough_routes name the path.',
    )
  }
}

async function* watched(
  response: Response,
  watch: UsageWatch,
  settle: (error?: unknown) => void,
): AsyncIterable<Uint8Array> {
  let failure: unknown = new Error('The client has left.')
  try {
    if (response.body) {
      for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
        watch.push(part)
        yield part
      }
    }
    failure = undefined
  } catch (error) {
    failure = error
    throw error
  } finally {
    watch.end()
    settle(failure)
  }
}

function parse(bytes: Buffer): Record<string, unknown> {
  if (bytes.length === 0 || bytes[0] !== 0x7b) return {}
  try {
    return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
  } catch {
    return {}
  }
}

function modelIn({ model }: Record<string, unknown>, path: string): string | undefined {
  if (typeof model === 'string' && model !== '') return model
  const inPath = /\/models\/([^/:]+):\w+$/.exec(path)?.[1]
  return inPath === undefined ? undefined : decodeURIComponent(inPath)
}

interface RecordParts {
  readonly name: string
  readonly destination: Destination
  readonly startTime: number
  readonly response: Response
  readonly usage: BillableUsage | undefined
  readonly error: unknown
  readonly stream: boolean
}

function recordOf({ name, destination, startTime, response, usage, error, stream }: RecordParts): SettledRecord {
  const { provider, cost, priced = name } = destination
  const ok = response.ok && error === undefined
  const total =
    cost ??
    (provider !== undefined && usage ? costPerToken({ model: `${provider}/${priced}`, usage }).total : undefined)
  const durationMs = Date.now() - startTime
  const outcome = ok ? 'success' : response.ok ? 'aborted' : `status_${response.status}`
  return {
    operation: 'chat',
    requestedModel: name,
    provider,
    model: name,
    stream,
    outcome,
    error: undefined,
    usage: usage as SettledRecord['usage'],
    cost: response.ok ? ({ total, currency: 'USD' } as unknown as SettledRecord['cost']) : undefined,
    estimated: false,
    attempts: [{ provider: provider ?? 'pass_through', model: name, outcome, durationMs, status: response.status }],
    cache: undefined,
    router: undefined,
    requestId: response.headers.get('x-request-id') ?? response.headers.get('request-id') ?? undefined,
    tags: [],
    traceId: undefined,
    user: undefined,
    startTime,
    durationMs,
  }
}

import type { CallMeta, HttpErrorDialect, LLMError, Router, SettledRecord } from 'llmux'
import {
  createHandler,
  type Handler,
  type HandlerCall,
  type HandlerCallOptions,
  type HandlerResponse,
  type RouteInfo,
} from 'llmux/server'
import { type CallNotes, notesOf } from '../callbacks.js'
import type { Environment } from '../config/config.js'
import type { Settings } from '../config/settings.js'
import type { CallHooks, HookRunner } from '../hooks/runner.js'
import { callerFor, callerIn, isNamed, nameFor, resolveAlias } from '../keys/model-access.js'
import { tagsOf } from '../limits/call-facts.js'
import type { ModelCatalog } from '../models/catalog.js'
import { badRequest, cut, forbidden, notFound } from '../refusal.js'
import type { Tracing } from '../tracing/tracing.js'
import type { AdmissionCall, Control, Principal } from '../types.js'
import type { BackgroundCalls } from './background.js'
import { checkEnforced, checkRequired, limitOutput, restamp } from './body-fields.js'
import { type CallWishes, cacheOptions, enforcedFor, forwarded, takeOptions } from './call-options.js'
import { completeError, dialectOf, errorResponse } from './errors.js'
import { keyOf } from './keys.js'
import type { CallObserver, LlmRequest } from './llm-request.js'
import { failureHeaders, responseHeaders } from './response-headers.js'
import type { ResponseOwners } from './responses-store.js'
import { isCounted, staged } from './staged.js'
import { WatchedStream } from './watched-stream.js'

export interface LlmParts {
  readonly router: Router
  readonly control: Control
  readonly catalog: ModelCatalog
  readonly environment: Environment
  readonly settings: () => Settings
  readonly observer: CallObserver
  readonly tracing?: Tracing | undefined
  readonly notes: CallNotes
  readonly owners: ResponseOwners
  readonly background: BackgroundCalls
  readonly cacheable: boolean
  readonly hooks: () => HookRunner | undefined
  readonly fallbacksOf: (group: string) => { readonly [kind in FallbackKind]?: readonly string[] }
}

type FallbackKind = 'fallbacks' | 'contextWindowFallbacks' | 'contentPolicyFallbacks'

/** Routes that reach no model. Every other operation is admitted, also one that is new in the SDK. */
const otherOperations: ReadonlySet<string> = new Set([
  ...['models', 'model', 'storedResponse', 'cancelResponse', 'deleteResponse', 'inputItems'],
])

/** Answers requests to models: authentication, admission, the SDK's handler, and the booking. */
export class LlmRoutes {
  readonly #parts: LlmParts
  readonly #handler: Handler

  constructor(parts: LlmParts) {
    this.#parts = parts
    this.#handler = createHandler(parts.router, {
      authorize: (request, route) => this.#authorize(request as LlmRequest, route),
      beforeCall: (call) => this.#beforeCall(call, call.request as LlmRequest),
      responseHeaders: (call, meta, error) => this.#responseHeaders(call.request as LlmRequest, call, meta, error),
      answerModel: ({ request }) => this.#answerModel(request as LlmRequest),
      onSettled: (record, call) => this.#settled(record, call.request as LlmRequest),
      models: (context) => this.models(context as Principal),
      store: parts.owners,
      maxBodyBytes: parts.settings().maxBodyBytes,
    })
  }

  /** The headers in `request.head` belong to the response as well. */
  handle(request: LlmRequest): Promise<HandlerResponse> {
    const { tracing } = this.#parts
    return tracing ? tracing.run(request, () => this.#answer(request)) : this.#answer(request)
  }

  async #answer(request: LlmRequest): Promise<HandlerResponse> {
    this.#parts.observer.started(request)
    let response: HandlerResponse
    try {
      response = await this.#handler.handle(request)
    } catch (error) {
      // the handler answers every error by itself; this one is a defect
      request.error ??= error
      response = { status: 500, headers: {}, body: '' }
    }
    if (request.reply) response = request.reply
    else if (response.status < 400) response = await staged(request, response, this.#parts.owners)
    if (response.status >= 400) response = this.#errorResponse(request, response)
    else if (response.bytes) response = this.#asBody(request, response, response.bytes)
    else if (typeof response.body === 'object')
      response.body = new WatchedStream(request, response.body, isCounted(request), () => this.#release(request))
    else if (response.body && request.restamp) response = { ...response, body: restamp(response.body, request.model) }
    if (typeof response.body !== 'object') {
      this.#release(request)
      await request.admitted?.kept()
      this.#parts.background.follow(request, response)
    } else if (request.background && response.status === 200) {
      response = { ...response, body: this.#parts.background.watch(request, response.body) }
    }
    if (!request.head) response.headers['x-litellm-call-id'] ??= request.id
    if (request.hooks && request.hooks.applied.length > 0)
      response.headers['x-litellm-applied-guardrails'] = request.hooks.applied.join(',')
    this.#parts.observer.answered(request, response.status)
    return response
  }

  /** Models of a caller for `/v1/models`. */
  models(principal: Principal) {
    const { catalog, control } = this.#parts
    const aliases = Object.keys({ ...principal.team?.aliases, ...principal.key?.aliases })
    const named = catalog.listed(this.#parts.environment).flatMap((name) => nameFor(catalog, principal, name) ?? [])
    return [...new Set([...named, ...aliases])]
      .filter(
        (name) =>
          control.admission.mayUse(principal, name) && (aliases.includes(name) || isNamed(catalog, principal, name)),
      )
      .map((name) => ({ ...catalog.listing(resolveAlias(catalog, principal, name)), id: name }))
  }

  #authorize(request: LlmRequest, route: RouteInfo): Principal {
    try {
      request.route = route
      const { control, settings } = this.#parts
      const caller = control.authenticate(keyOf(request.headers, settings().keyHeader), request.ip)
      const principal = callerIn(caller, request.headers['x-litellm-team-id'])
      request.principal = principal
      control.authorizeRoute(principal, request.method, request.path)
      if (route.operation === 'model') this.#checkListed(principal, route.model ?? '')
      return principal
    } catch (error) {
      request.error = error
      throw error
    }
  }

  #checkListed(principal: Principal, model: string): void {
    const { catalog, control } = this.#parts
    if (!catalog.has(resolveAlias(catalog, principal, model)))
      throw notFound(`The model '${cut(model)}' does not exist. GET /v1/models lists the models of the key.`, 'model')
    if (!control.admission.mayUse(principal, model))
      throw forbidden(`The key may not use the model '${cut(model)}'.`, 'key_model_access_denied', 'model')
  }

  async #beforeCall(call: HandlerCall, request: LlmRequest): Promise<HandlerCallOptions | undefined> {
    try {
      return await this.#admit(call, request)
    } catch (error) {
      request.error = error
      throw error
    }
  }

  async #admit({ params, ignored, route }: HandlerCall, request: LlmRequest): Promise<HandlerCallOptions> {
    const { control, catalog, settings } = this.#parts
    if (!request.principal) throw new Error('A call without a caller.')
    const { operation } = route
    if (otherOperations.has(operation)) return {}
    const given = params.model
    let model = this.#modelOf(given, operation, settings())
    request.model = model
    const principal = callerFor(request.principal, (candidate) => control.admission.mayUse(candidate, model))
    request.principal = principal
    // admission reads the fields that are taken out afterwards
    let body: Record<string, unknown> = { ...ignored, ...params }
    const chat = operation === 'chat' || operation === 'completion' || operation === 'embedding'
    const wishes = takeOptions(params, ignored, request.headers, chat)
    checkRequired(operation, body)
    if (params.conversation && !this.#parts.owners.mayPass(principal)) {
      throw notFound(
        "A conversation of the provider belongs to no key. Send 'previous_response_id', or all items of the conversation.",
        'conversation',
      )
    }
    const hooks = this.#hooksOf(request, route, principal, model, params, body)
    if (hooks && operation === 'responses' && params.background === true) {
      // its answer is read by another request, which no hook sees
      throw badRequest("'background' must not be true, because hooks check the answers of this gateway.", 'background')
    }
    if (hooks) {
      const names = Object.keys(params)
      request.reply = await hooks.before()
      if (request.reply) throw new Error('A hook has answered.')
      model = hooks.model
      body = { ...body, ...params }
      for (const name of names) if (!(name in params)) delete body[name]
    }
    const target = resolveAlias(catalog, principal, model)
    if (!catalog.has(target) && control.admission.mayUse(principal, model)) {
      throw badRequest(`The model '${cut(model)}' does not exist. GET /v1/models lists the models of the key.`, 'model')
    }
    checkEnforced(enforcedFor(principal, settings()), body)
    if (settings().enforceUser && !body.user) throw badRequest("'user' must be in the body.", 'user')
    const asked: AdmissionCall = {
      id: request.id,
      operation,
      path: request.path,
      model,
      params: body,
      stream: params.stream === true || route.stream !== undefined,
      headers: this.#withUser(request.headers),
      ip: request.ip,
      signal: request.signal,
    }
    const admitted = await control.admission.admit(principal, asked)
    request.admitted = admitted
    request.background = operation === 'responses' && params.background === true
    const { notes } = this.#parts
    if (notes.wanted) notes.add(admitted.id, notesOf({ ...asked, id: admitted.id }, principal, admitted))
    params.model = admitted.model
    // the answer names the model that was really called
    if (admitted.downgradedFrom !== undefined) request.model = admitted.model
    if (admitted.maxOutputTokens !== undefined) limitOutput(params, operation, admitted.maxOutputTokens)
    // numbers as the provider writes them, rather than through 32 bits
    if (operation === 'embedding') params.encoding_format ??= 'float'
    if (settings().alwaysUsage && params.stream === true && operation === 'chat')
      params.stream_options = { include_usage: true, ...(params.stream_options as object | undefined) }
    return {
      ...(settings().callerAffinity && { session: principal.keyHash }),
      ...wishes.options,
      ...cacheOptions(wishes, this.#parts.settings().cache, this.#parts.cacheable, operation, params.stream === true),
      ...this.#fallbackOptions(wishes, principal, admitted.model),
      ...(admitted.tags.length > 0 && { tags: admitted.tags }),
      ...forwarded(request.headers, settings().forwardTraceparent === true),
      traceId: admitted.id,
    }
  }

  #hooksOf(
    request: LlmRequest,
    route: RouteInfo,
    principal: Principal,
    model: string,
    params: Record<string, unknown>,
    body: Readonly<Record<string, unknown>>,
  ): CallHooks | undefined {
    const runner = this.#parts.hooks()
    if (!runner) return undefined
    const { id, path, headers, signal } = request
    const { catalog } = this.#parts
    const target = resolveAlias(catalog, principal, model)
    request.hooks = runner.start({
      ...{ id, path, route, principal, model, params, body, signal },
      models: [target, catalog.resolve(target), catalog.callName(target)],
      tags: tagsOf({ headers, params: body }, principal),
      stream: params.stream === true || route.stream !== undefined,
    })
    return request.hooks
  }

  #modelOf(given: unknown, operation: string, { forcedModels }: Settings): string {
    const forced =
      operation === 'embedding'
        ? forcedModels.embedding
        : operation === 'moderation'
          ? forcedModels.moderation
          : forcedModels.chat
    if (forced !== undefined) return forced
    if (operation === 'moderation' && (given === undefined || given === null)) {
      const { catalog } = this.#parts
      const found = catalog.entries.find((entry) => !entry.team && catalog.isModeration(entry))
      if (found) return found.modelName
    }
    if (typeof given !== 'string' || given === '')
      throw badRequest(
        `'model' must be the name of a model; got ${typeof given === 'string' ? 'an empty text' : given === undefined ? 'nothing' : typeof given}.`,
        'model',
      )
    return given
  }

  #withUser(headers: LlmRequest['headers']): LlmRequest['headers'] {
    const { userHeader } = this.#parts.settings()
    const user = userHeader === undefined ? undefined : headers[userHeader]
    return user ? { ...headers, 'x-litellm-customer-id': headers['x-litellm-customer-id'] ?? user } : headers
  }

  /** Fallbacks that the client names, or those of the configuration: in both cases only models that the caller may use. */
  #fallbackOptions({ fallbacks }: CallWishes, principal: Principal, model: string): HandlerCallOptions {
    const { catalog, control } = this.#parts
    if (fallbacks) {
      for (const name of fallbacks) {
        if (!control.admission.mayUse(principal, name))
          throw forbidden(`The key may not use the fallback '${name}'.`, 'key_model_access_denied', 'fallbacks')
        if (!catalog.has(name))
          throw badRequest(
            `The fallback '${name}' does not exist. GET /v1/models lists the models of the key.`,
            'fallbacks',
          )
      }
      return { fallbacks: fallbacks.length > 0 ? fallbacks : false }
    }
    if (principal.master) return {}
    const changed: Record<string, unknown> = {}
    for (const [kind, names] of Object.entries(this.#parts.fallbacksOf(catalog.resolve(model)))) {
      const usable = names.filter((name) => control.admission.mayUse(principal, name))
      if (usable.length < names.length) changed[kind] = usable
    }
    return changed
  }

  #responseHeaders(
    request: LlmRequest,
    call: HandlerCall,
    meta: CallMeta | undefined,
    error: LLMError | undefined,
  ): Record<string, string> | undefined {
    if (error) request.error ??= error
    // after a fallback the answer names the model that really answered
    request.restamp =
      meta !== undefined &&
      request.model !== '' &&
      call.route.dialect !== 'gemini' &&
      (meta.router?.fallbacks ?? 0) === 0
    if (error || !meta) return failureHeaders(request)
    request.head = responseHeaders(request, call, meta)
    return undefined
  }

  /** The handler writes the name into chats; other answers pass as text, and get it there. */
  #answerModel(request: LlmRequest): string | undefined {
    if (!request.restamp) return undefined
    request.restamp = false
    return request.model
  }

  #settled(record: SettledRecord, request: LlmRequest): void {
    request.settled = true
    request.admitted?.settle(record)
    this.#parts.observer.settled(request, record)
  }

  /** Ends the admission of a call that never reached the Router. */
  #release(request: LlmRequest): void {
    if (request.settled || !request.admitted) return
    request.settled = true
    request.admitted.release(request.error)
  }

  /** Bytes as a body, which ends once the call is kept. */
  #asBody(
    request: LlmRequest,
    response: HandlerResponse,
    bytes: NonNullable<HandlerResponse['bytes']>,
  ): HandlerResponse {
    const { bytes: _, headers, ...rest } = response
    const body = this.#watchedBytes(request, bytes) as AsyncIterable<unknown> as AsyncIterable<string>
    if (!(bytes instanceof Uint8Array)) return { ...rest, headers, body }
    return { ...rest, headers: { ...headers, 'content-length': String(bytes.length) }, body }
  }

  async *#watchedBytes(request: LlmRequest, bytes: NonNullable<HandlerResponse['bytes']>): AsyncIterable<Uint8Array> {
    try {
      if (bytes instanceof Uint8Array) {
        await request.admitted?.kept()
        yield bytes
      } else {
        yield* bytes
        await request.admitted?.kept()
      }
    } finally {
      this.#release(request)
    }
  }

  #errorResponse(request: LlmRequest, response: HandlerResponse): HandlerResponse {
    const dialect: HttpErrorDialect = request.route?.dialect ?? dialectOf(request.path, request.headers)
    if (request.error === undefined) {
      const body = typeof response.body === 'string' ? completeError(response.body, response.status) : ''
      return { ...response, body }
    }
    const { status, headers, body } = errorResponse(request.error, dialect)
    return { status, headers: { ...response.headers, ...headers }, body }
  }
}

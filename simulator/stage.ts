import { compose } from './answer.js'
import { type BatchPlan, BatchStore, batchWireOf } from './batches/index.js'
import type { BatchedRequest } from './batches/store.js'
import { hash, pieces } from './digest.js'
import type { Fault, HugeFault } from './fault.js'
import { framings } from './framing.js'
import { huge, hugeMark } from './garbage.js'
import { improvise } from './improvise.js'
import { isRecord, type Json, parseJson, record, string } from './json.js'
import { namedChunkDelay } from './named-fault.js'
import { type Performance, perform, plain, raw, replacement } from './perform.js'
import type { RawReply, Reply, SimulatedOperation, StreamControls } from './reply.js'
import { LoggedRequest, type SimulatedRequest } from './request-log.js'
import { kindOf, type ReplySource, replyFrom, Script } from './script.js'
import type { Step } from './steps.js'
import type { SimulatedResponses } from './stored.js'
import { wireOf } from './wire/index.js'
import { formFields } from './wire/media.js'
import { type Headers, type Incoming, modelInPath, type Route, type Wire, type WireRequest } from './wire/wire.js'

/** Options shared by the simulator and the mock provider. */
export interface SimulationOptions extends StreamControls {
  /** The reply for an empty queue. @default an echo of the last user message */
  reply?: ReplySource
  /** Accepted keys. Others get the provider's 401. @default any key, or none */
  apiKeys?: readonly string[]
  /** Known models. Others get the provider's 404. @default any */
  models?: readonly string[]
  /** Maximum length of `requests`; older entries are removed. @default 10_000 */
  keepRequests?: number
}

const someModels = ['gpt-4o-mini', 'text-embedding-3-small', 'claude-sonnet-4-20250514']

/** Operations that replies and faults apply to. */
const scriptedOperations: readonly SimulatedOperation[] = ['chat', 'embedding', 'rerank']

/** Operations that faults apply to, and raw replies. */
const faultyOperations: readonly SimulatedOperation[] = [
  ...scriptedOperations,
  ...([
    'moderation',
    'decide',
    'storedResponse',
    'compactResponse',
    'speech',
    'transcription',
    'imageGeneration',
    'imageEdit',
  ] as const),
]

/** Decides the response of each request. The carrier delivers it. */
export class Stage {
  readonly script = new Script()
  readonly requests: LoggedRequest[] = []
  readonly #batches = new BatchStore()
  readonly #options: SimulationOptions
  readonly #responses: SimulatedResponses = new Map()
  #arrived = 0
  #start = performance.now()

  constructor(options: SimulationOptions) {
    this.#options = options
  }

  reset(): void {
    this.script.clear()
    this.#responses.clear()
    this.#batches.clear()
    this.requests.length = 0
    this.#arrived = 0
    this.#start = performance.now()
  }

  /** Plans the next batch. */
  planBatch(plan: BatchPlan): void {
    this.#batches.plans.push(plan)
  }

  /** Logs a request and decides its response. */
  take(incoming: Incoming): { request: LoggedRequest; steps: Iterable<Step> } {
    const { method, path, headers, text } = incoming
    const form = formFields(text, headers['content-type'])
    const parsed = text === '' ? undefined : (form ?? parseJson(text) ?? text)
    const body = record(parsed)
    const batched = batchWireOf(incoming)
    const { wire, route }: { wire: Wire; route: Route } = batched
      ? { wire: batched.wire, route: { operation: 'batches' } }
      : wireOf(method, path, headers, body)
    const { operation } = route
    const model = route.model ?? string(body.model) ?? string(body.model_id) ?? modelInPath(path) ?? ''
    const request = new LoggedRequest({
      wire: wire.name,
      operation,
      method,
      path,
      headers,
      body: parsed,
      model,
      order: this.#arrived++,
      startedAt: performance.now() - this.#start,
    })
    this.requests.push(request)
    if (this.requests.length > (this.#options.keepRequests ?? 10_000)) this.requests.shift()
    const seed = hash(wire.name, method, path, text).toString('base64')
    const wired: WireRequest = {
      operation,
      method,
      path,
      headers,
      body,
      model,
      stream: streams(wire, route, body),
      seed,
      responses: this.#responses,
    }
    if (batched)
      return {
        request,
        steps: this.#batch(wire, wired, request, () => batched.take(incoming, this.#batches, this.#runnerFor(headers))),
      }
    return { request, steps: this.#guarded(wire, wired, request, text) }
  }

  /** A request about files and batches: the key, faults and raw replies apply as elsewhere. */
  #batch(wire: Wire, request: WireRequest, logged: SimulatedRequest, take: () => RawReply | undefined): Iterable<Step> {
    const { apiKeys } = this.#options
    const key = wire.key(request.headers, request.path)
    if (apiKeys && (key === undefined || !apiKeys.includes(key)))
      return plain(wire, request, wire.refuseKey(request, key))
    const fault = this.script.takeFault(logged)
    const replaced = fault && replacement(wire, request, fault)
    if (replaced) return replaced
    const scripted = this.script.takeReply(logged)?.raw
    const reply = scripted ?? take() ?? { status: 404, body: { error: { message: 'Not found', code: 404 } } }
    const steps = [...raw(wire, request, reply, this.#options, 0)]
    return fault?.kind === 'cut' || fault?.kind === 'end' ? halved(steps, fault.kind) : steps
  }

  /** Answers the requests of a batch as if they came one by one. */
  #runnerFor(headers: Headers): (request: BatchedRequest) => { status: number; body: unknown } {
    return ({ path, body }) => {
      const text = JSON.stringify(body)
      const { wire, route } = wireOf('POST', path, headers, body)
      const model = route.model ?? string(body.model) ?? ''
      const seed = hash(wire.name, 'POST', path, text).toString('base64')
      const request: WireRequest = {
        operation: route.operation,
        method: 'POST',
        path,
        headers,
        body,
        model,
        stream: false,
        seed,
      }
      const logged = {
        wire: wire.name,
        operation: route.operation,
        method: 'POST',
        path,
        headers,
        body,
        model,
        order: 0,
        startedAt: 0,
      }
      const call = new LoggedRequest(logged)
      const fault = this.script.takeFault(call)
      const failure = fault?.kind === 'status' ? wire.error(request, fault) : wire.refuse(request)
      if (failure) return { status: failure.status, body: failure.body }
      const answer = answerOf(wire, request, this.script.takeReply(call) ?? this.#usual(call))
      return { status: 200, body: 'whole' in answer ? answer.whole : undefined }
    }
  }

  /** Reports an error of a reply function in the response, with a status that clients don't retry. */
  #guarded(wire: Wire, request: WireRequest, logged: SimulatedRequest, text: string): Iterable<Step> {
    try {
      return this.#answer(wire, request, logged, text)
    } catch (error) {
      const message = `The simulator's script failed: ${error instanceof Error ? error.message : String(error)}`
      return plain(wire, request, wire.error(request, { status: 400, message }))
    }
  }

  #answer(wire: Wire, request: WireRequest, logged: SimulatedRequest, text: string): Iterable<Step> {
    const { operation } = request
    const receipt = wire.receipt?.(request)
    if (receipt) return plain(wire, request, this.#refuse(wire, request, text) ?? receipt)
    const fault = faultyOperations.includes(operation) ? this.script.takeFault(logged) : undefined
    const replaced = fault && replacement(wire, request, fault)
    if (replaced) return replaced
    if (!scriptedOperations.includes(operation)) {
      // a raw reply works for APIs that are not simulated, too
      const scripted = this.script.takeReply(logged) ?? this.#usual(logged)
      if (scripted?.raw)
        return raw(wire, request, scripted.raw, { ...this.#options, ...scripted }, scripted.delayMs ?? 0)
    }
    const refusal = this.#refuse(wire, request, text)
    if (refusal) return plain(wire, request, refusal)
    switch (operation) {
      case 'models':
        return plain(wire, request, {
          status: 200,
          body: wire.models?.(request, this.#options.models ?? someModels) ?? {},
        })
      case 'moderation':
        return plain(wire, request, { status: 200, body: wire.moderations?.(request) ?? {} })
      case 'storedResponse':
        return raw(wire, request, wire.stored?.(request) ?? { status: 404 }, this.#options, 0)
      case 'compactResponse':
        return plain(wire, request, { status: 200, body: wire.compacted?.(request) ?? {} })
      case 'decide':
        return plain(wire, request, { status: 200, body: wire.decisions?.(request) ?? {} })
      case 'speech':
      case 'transcription':
      case 'imageGeneration':
      case 'imageEdit':
        return raw(wire, request, wire.media?.(request) ?? { status: 404 }, this.#options, 0)
      case 'count-tokens':
        return plain(wire, request, { status: 200, body: wire.countTokens?.(wire.read(request), request) ?? {} })
      default:
        return this.#speak(wire, request, logged, fault)
    }
  }

  #refuse(wire: Wire, request: WireRequest, text: string): ReturnType<Wire['refuse']> {
    const { apiKeys, models } = this.#options
    const key = wire.key(request.headers, request.path)
    if (apiKeys && (key === undefined || !apiKeys.includes(key))) return wire.refuseKey(request, key)
    // a transcription may be a form or the audio itself
    const isForm =
      request.operation === 'transcription' || formFields(text, request.headers['content-type']) !== undefined
    if (request.method === 'POST' && request.operation !== 'unknown' && !isForm && !isRecord(parseJson(text))) {
      const message = 'We could not parse the JSON body of your request. The API expects a JSON object.'
      return wire.error(request, { status: 400, message })
    }
    const refusal = wire.refuse(request)
    if (refusal) return refusal
    const unknown = models && request.model !== '' && !models.includes(request.model)
    return unknown ? wire.error(request, { status: 404 }) : undefined
  }

  #speak(wire: Wire, request: WireRequest, logged: SimulatedRequest, fault: Fault | undefined): Iterable<Step> {
    const scripted = this.script.takeReply(logged) ?? this.#usual(logged)
    const controls: StreamControls = { ...this.#options, ...scripted }
    if (scripted?.raw) return raw(wire, request, scripted.raw, controls, scripted.delayMs ?? 0)
    if (fault?.kind === 'huge') return this.#huge(wire, request, fault)
    const common = { wire, request, controls, delayMs: scripted?.delayMs ?? 0 }
    const chunkDelayMs = scripted?.chunkDelayMs ?? namedChunkDelay(request.model) ?? 0
    return perform({ ...common, chunkDelayMs, answer: answerOf(wire, request, scripted) }, fault)
  }

  #usual(logged: SimulatedRequest): Reply | undefined {
    const { reply } = this.#options
    const made = reply === undefined ? undefined : replyFrom(reply, logged)
    // a default chat reply doesn't apply to embeddings
    return made && (made.raw || logged.operation === kindOf(made)) ? made : undefined
  }

  #huge(wire: Wire, request: WireRequest, fault: HugeFault): Iterable<Step> {
    if (fault.status !== undefined && fault.status >= 400) {
      const { body, headers } = wire.error(request, { status: fault.status, message: hugeMark })
      const all = { 'content-type': 'application/json', ...wire.headers(request), ...headers }
      return huge(fault, all, typeof body === 'string' ? body : JSON.stringify(body))
    }
    if (request.stream && wire.framing === 'aws-event-stream') {
      // AWS messages start with their length, so the text can't be inserted later
      const text = 'a'.repeat(fault.bytes)
      const answer = answerOf(wire, request, { text, chunks: pieces(text, 65_536) })
      return perform({ wire, request, controls: {}, delayMs: 0, chunkDelayMs: 0, answer }, undefined)
    }
    const answer = answerOf(wire, request, { text: hugeMark, usage: { completionTokens: Math.ceil(fault.bytes / 4) } })
    const stream = 'frames' in answer
    const { contentType: streamType, write } = framings[wire.framing]
    const contentType = stream ? streamType : 'application/json'
    const body = stream ? answer.frames.map((frame) => write(frame, '\n')).join('') : JSON.stringify(answer.whole)
    return huge(fault, { 'content-type': contentType, ...wire.headers(request) }, body)
  }
}

/** The first half of a body, and its end. */
function* halved(steps: readonly Step[], end: 'cut' | 'end'): Iterable<Step> {
  for (const step of steps) {
    if (step.kind === 'end') yield end === 'cut' ? { kind: 'break', reset: false } : step
    else yield step.kind === 'write' ? { kind: 'write', bytes: step.bytes.subarray(0, step.bytes.length >> 1) } : step
  }
}

function streams(wire: Wire, { operation, stream }: Route, body: Json): boolean {
  if (operation !== 'chat') return false
  return stream ?? (typeof body.stream === 'boolean' ? body.stream : wire.streamsByDefault === true)
}

function answerOf(wire: Wire, request: WireRequest, scripted: Reply | undefined): Performance['answer'] {
  if (request.operation === 'embedding') return { whole: wire.embeddings?.(request, scripted?.vectors) ?? {} }
  if (request.operation === 'rerank') return { whole: wire.rerank?.(request, scripted?.scores) ?? {} }
  const conversation = wire.read(request)
  const replies = Array.from({ length: conversation.choices }, (_, index) => scripted ?? improvise(conversation, index))
  const answer = compose(replies, conversation, request.model, request.seed)
  if (request.stream) return { frames: wire.frames(answer, request) }
  return { whole: wire.whole(answer, request), headers: wire.answerHeaders?.(answer) }
}

import type { CallOperation, ChatDialect, Decoded, Dialect, NativeDialect } from '../../providers/contract.js'
import { ProviderFault } from '../../providers/contract.js'
import type { InboundContext, InboundWire } from '../../providers/inbound/contract.js'
import type { StreamParts } from '../call/answer-stream.js'
import type { Call } from '../call/call.js'
import { withMeta } from '../call/meta.js'
import type { BridgeContext, Bridged, OperationSpec, Options, Params } from '../call/operation.js'
import { BridgedAccumulator, NativeAccumulator } from '../call/over-chat.js'
import { keepText, textOfAnswer } from '../call/raw-event.js'
import { BadRequestError } from '../errors.js'
import type { ChatCompletion } from '../types/chat.js'
import type { CallMeta, Warning } from '../types/meta.js'
import { chat, estimateUsage } from './chat.js'

type WithMeta<Answer> = Answer & { readonly meta: CallMeta }

/** An API that clients speak, beside the chat API of llmux. */
export interface WireApi {
  readonly name: CallOperation
  readonly method: OperationSpec['method']
  readonly path: string
  readonly params: ReadonlySet<string>
  check(params: Params, options: Options): void
  /** Loads the translator, with the first call that needs it. */
  load(): Promise<Translator>
  /** Makes the stream of a caller. */
  stream(parts: StreamParts<object, object>): object
}

/** The translator of an API. */
export interface Translator {
  readonly wire: InboundWire
  /** A request to a host with this API, without what llmux put into earlier answers of other hosts. */
  forHost(request: Params): object
}

/** Loaded translators, by their API: encoders and streams need them synchronously. */
const loaded = new Map<WireApi, Translator>()

/** Loads the translator of an API; undefined if it is loaded. */
export const ready = (api: WireApi): Promise<unknown> | undefined => (loaded.has(api) ? undefined : load(api))

/** The request for a host with this API. The translator must be loaded, if there is something to remove. */
export const forHost = (api: WireApi, request: Params): Params =>
  (loaded.get(api)?.forHost(request) ?? request) as Params

async function load(api: WireApi): Promise<Translator> {
  const known = loaded.get(api)
  if (known) return known
  const translator = await api.load()
  loaded.set(api, translator)
  return translator
}

/** An API that passes unchanged, and the chat dialect that reads its answers. */
export interface NativePart {
  readonly native: NativeDialect
  readonly chat: ChatDialect
}

/** A decoded answer: the provider's own body, and what the chat dialect reads from it. */
export interface NativeAnswer {
  readonly body: object
  readonly chat: Decoded<ChatCompletion>
}

/** The operation of an API that some hosts have themselves; for all others its calls are translated to chat. */
export function wireOperation(
  api: WireApi,
  native: (dialect: Dialect) => NativeDialect | undefined,
): OperationSpec<NativePart, NativeAnswer> {
  return {
    name: api.name,
    api: 'chat',
    method: api.method,
    path: api.path,
    params: api.params,
    open: true,
    keepsText: true,
    check: api.check,
    part(dialect) {
      const own = native(dialect)
      return own && dialect.chat ? { native: own, chat: dialect.chat } : undefined
    },
    bridge: (params, context) => bridge(api, params, context),
    ready: () => ready(api),
    unsupported: ({ name }) => `${name} has no chat models here. It is for embedding() or rerank().`,
    encode(part, params, context) {
      const { own, foreign } = separate(api, params)
      const encoded = part.native.encode(forHost(api, own), context)
      const dropped = Object.keys(foreign)
      if (dropped.length === 0) return encoded
      const warnings = dropped.map(
        (param): Warning => ({
          type: 'dropped',
          param,
          message: `'${param}' is a parameter of completion(), and was left out.`,
        }),
      )
      return { ...encoded, warnings: [...(encoded.warnings ?? []), ...warnings] }
    },
    decode(part, body, context) {
      const answer = part.chat.decode(body, context)
      if (typeof body !== 'object' || body === null) throw new ProviderFault('its answer was not an object')
      return { body, chat: answer }
    },
    settle: (call, answer, part) => chat.settle(call, answer.chat, part.chat),
    finish(_, { body, meta }) {
      const text = textOfAnswer(body)
      const answer = withMeta(body, meta)
      if (text !== undefined) keepText(answer, text)
      return answer
    },
    stream({ part, params }, call) {
      const { wire, context, setup } = setupOf(api, params, call)
      return {
        ...setup,
        read: () => new NativeAccumulator(part.chat, call, () => wire.streamEncoder(params, context)),
        estimate: (answer) =>
          estimateUsage(
            call.model,
            wire.decodeRequest(params, context) as unknown as Params,
            answer as Decoded<ChatCompletion>,
          ),
      }
    },
  }
}

/** The parts of a call to a host with the API that its translator provides. The translator must be loaded. */
export function setupOf(api: WireApi, params: Params, call: Call | undefined) {
  const wire = loaded.get(api)?.wire
  if (!wire) throw new BadRequestError(`${api.method}() can't stream.`, { param: 'stream' })
  const { created = 0, fallbackId = '' } = call?.decodeContext() ?? {}
  const context = contextOf(params.model, created, fallbackId)
  const toWire = (answer: WithMeta<Decoded<ChatCompletion>>) =>
    withMeta(wire.encodeAnswer(answer, params, context), answer.meta)
  return {
    wire,
    context,
    toWire,
    setup: {
      complete: (answer: object) => toWire(answer as WithMeta<Decoded<ChatCompletion>>),
      stream: (parts: StreamParts<object, object>) =>
        api.stream(inWire(parts as unknown as StreamParts<object, ChatCompletion>, toWire)),
    },
  }
}

/** The `soFar` of a stream in the form of its API. */
const inWire = (
  parts: StreamParts<object, ChatCompletion>,
  encode: (answer: WithMeta<Decoded<ChatCompletion>>) => object,
): StreamParts<object, object> => ({
  pipe: parts.pipe,
  // by access: the parts are an object of a class, whose getters a spread would miss
  get meta() {
    return parts.meta
  },
  soFar: () => encode(parts.soFar()) as WithMeta<object>,
  partial: () => parts.partial(),
  complete: () => parts.complete(),
  cancel: (error) => parts.cancel(error),
})

const contextOf = (model: unknown, created: number, id: string): InboundContext => ({
  model: typeof model === 'string' ? model : '',
  created,
  id: id.replace(/^chatcmpl-/, ''),
})

/** Parameters of chat among those of another API: defaults of a deployment, or mistakes. */
function separate(api: WireApi, params: Params): { own: Params; foreign: Params } {
  const own: Params = {}
  const foreign: Params = {}
  for (const name in params) (!api.params.has(name) && chat.params.has(name) ? foreign : own)[name] = params[name]
  return { own, foreign }
}

/** Translates a request to chat, and makes the operation that sends it. */
export async function bridge(api: WireApi, params: Params, context: BridgeContext): Promise<Bridged> {
  const { wire } = await load(api)
  const { own: request, foreign } = separate(api, params)
  const { extra_body: extra, ...given } = request
  const warnings: Warning[] = []
  const inbound: InboundContext = {
    model: context.requested,
    created: context.created,
    id: context.id,
    webSearch: context.webSearch,
    warn: (warning) => warnings.push(warning),
  }
  const translated: Params = {
    ...foreign,
    ...wire.decodeRequest(given, inbound),
    model: params.model,
    ...(extra !== undefined && { extra_body: extra }),
  }
  delete translated.stream_options
  translated.stream = params.stream === true
  chat.check(translated, context.options)
  return { spec: bridged(api, wire, given, inbound, warnings, context.options), params: translated }
}

function bridged(
  api: WireApi,
  wire: InboundWire,
  request: object,
  inbound: InboundContext,
  warnings: Warning[],
  options: Options,
): OperationSpec {
  const toWire = (answer: WithMeta<Decoded<ChatCompletion>>) =>
    withMeta(wire.encodeAnswer(answer, request, inbound), answer.meta)
  const spec: OperationSpec<ChatDialect, Decoded<ChatCompletion>> = {
    name: api.name,
    api: 'chat',
    method: api.method,
    path: api.path,
    params: chat.params,
    check: chat.check,
    part: chat.part,
    unsupported: chat.unsupported,
    encode(part, params, context) {
      // a client can't know the model behind the name: the translation leaves out what the model does not support
      const encoded = chat.encode(part, params, { ...context, dropParams: options.dropParams ?? true })
      // the array grows with the warnings of the answer
      warnings.push(...(encoded.warnings ?? []))
      return { ...encoded, warnings }
    },
    ...(chat.remoteMedia && { remoteMedia: chat.remoteMedia }),
    decode: chat.decode,
    settle: chat.settle,
    finish: (_, answer) => toWire(answer),
    stream({ part, params }, call) {
      return {
        read: () => new BridgedAccumulator(part, call, wire.streamEncoder(request, inbound)),
        estimate: (answer) => estimateUsage(call.model, params, answer as Decoded<ChatCompletion>),
        complete: (answer) => toWire(answer as WithMeta<Decoded<ChatCompletion>>),
        stream: (parts) => api.stream(inWire(parts as unknown as StreamParts<object, ChatCompletion>, toWire)),
      }
    },
  }
  return spec as unknown as OperationSpec
}

/** The constructor of a stream, for {@link WireApi.stream}. */
export const streamOf =
  (make: new (parts: never) => object): WireApi['stream'] =>
  (parts) =>
    new make(parts as never)

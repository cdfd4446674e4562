import type { BatchHost, EncodedItem } from '../../providers/batches/contract.js'
import type { Provider } from '../../providers/contract.js'
import type { ClientContext } from '../call/context.js'
import type { Job, OperationSpec } from '../call/operation.js'
import { prepare } from '../call/prepare.js'
import { splitRequest } from '../call/request.js'
import { resolveModel } from '../call/resolve.js'
import { formatOf } from '../call/structured.js'
import { encodeToolSchemas, hasToolSchemas } from '../call/tool-schemas.js'
import { BadRequestError, got, LLMError } from '../errors.js'
import { chat } from '../operations/chat.js'
import { embedding } from '../operations/embedding.js'
import type { BatchOperation } from '../types/batch.js'
import type { CallOptions } from '../types/options.js'
import type { StandardSchema } from '../types/schema.js'

export const specs: Readonly<Record<BatchOperation, OperationSpec>> = {
  completion: chat as unknown as OperationSpec,
  embedding: embedding as unknown as OperationSpec,
}

/** The index of a request, in the id of its line. */
const idOf = (index: number): string => `llmux-${index}`

/** Undefined for ids of other makers. */
export const indexOf = (id: string | undefined): number | undefined => {
  const digits = /^llmux-(\d+)$/.exec(id ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** A request in the form of its provider, and the state that its answer is decoded with. */
export interface EncodedRequest extends EncodedItem {
  readonly provider: Provider
  readonly state: unknown
  readonly schema: StandardSchema | undefined
  /** Headers of the single call that the dialect added. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Encodes a request as a single call would be.
 * @param given the request, without options of calls
 * @throws {BadRequestError} naming the request
 */
export async function encodeRequest(
  context: ClientContext,
  method: BatchOperation,
  given: object,
  index: number,
  model: string,
  shared: CallOptions,
): Promise<EncodedRequest> {
  try {
    return await encode(context, specs[method], given, index, model, shared)
  } catch (error) {
    if (!LLMError.is(error)) throw error
    error.message = `Request ${index} of the batch: ${error.message}`
    throw error
  }
}

async function encode(
  context: ClientContext,
  spec: OperationSpec,
  given: object,
  index: number,
  model: string,
  shared: CallOptions,
): Promise<EncodedRequest> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new BadRequestError(`A request must be an object such as { messages }; ${got(given)}.`)
  }
  const own = given as { readonly model?: unknown; readonly stream?: unknown }
  if (own.model !== undefined && own.model !== model) {
    throw new BadRequestError(`'model' must be left out, or '${model}' as in the batch; ${got(own.model)}.`, {
      param: 'model',
    })
  }
  if (own.stream === true)
    throw new BadRequestError("'stream' must be false in a batch; got true.", { param: 'stream' })
  const { params, options: ownOptions } = splitRequest({ ...given, model }, spec.params)
  const options = { ...ownOptions, ...shared }
  spec.check(params, options)
  const { provider, model: name } = await resolveModel(model, context, { operation: spec.api, params, options })
  const part = await spec.part(provider.dialect)
  if (!part) throw new BadRequestError(spec.unsupported(provider), { provider: provider.id, model: name })
  const schema = spec.schemaOf?.(params)
  if (schema) params.response_format = await formatOf(schema)
  if (hasToolSchemas(params)) await encodeToolSchemas(params)
  const extraBody = params.extra_body
  delete params.extra_body
  const job: Job = {
    context,
    spec,
    provider,
    part,
    model: name,
    params,
    options,
    extraBody,
    schema,
    stream: false,
    startedAt: context.clock.now(),
    observer: undefined,
    recorder: undefined,
  }
  const call = await prepare(job, params)
  call.lifetime.close()
  const { target, encodeState, body } = call
  return {
    id: idOf(index),
    body: body as string,
    model: name,
    endpoint: endpointOf(target.path),
    provider,
    state: encodeState,
    schema,
    headers: 'anthropic-beta' in target.headers ? { 'anthropic-beta': target.headers['anthropic-beta'] ?? '' } : {},
  }
}

/** The API of a single call, without base, model and query: `/chat/completions`, `:generateContent`. */
function endpointOf(path: string): string {
  const [plain = ''] = path.split('?')
  return /\/chat\/completions$|\/[^/]*$/.exec(plain)?.[0].replace(/^.*:/, ':') ?? plain
}

const limitCode = 'batch_limit'

/** Whether an error is about the whole batch, and not about one of its requests. */
export const isLimit = ({ providerCode }: LLMError): boolean => providerCode === limitCode

/** Gathers the facts that all requests of a batch must have in common. */
export class BatchFacts {
  count = 0
  endpoint = ''
  provider: Provider | undefined
  model = ''
  readonly headers: Record<string, string> = {}

  /** @throws {BadRequestError} if the request can't be in the same batch */
  add(item: EncodedRequest, host: BatchHost, size: number): void {
    if (this.count === 0) {
      this.endpoint = item.endpoint
      this.provider = item.provider
      this.model = item.model
    } else if (item.endpoint !== this.endpoint) {
      throw new BadRequestError(
        `The requests of a batch must use one API of the provider; request ${this.count} needs ${item.endpoint} and the others ${this.endpoint}. Make two batches.`,
        { param: 'requests' },
      )
    }
    for (const [name, value] of Object.entries(item.headers)) {
      const known = this.headers[name]?.split(',') ?? []
      this.headers[name] = [...new Set([...known, ...value.split(',')])].join(',')
    }
    this.count++
    const { most, bytes } = host.limits
    if (this.count > most || size > bytes) {
      const limit = this.count > most ? `${most} requests` : `${bytes} bytes`
      throw new BadRequestError(
        `The batch must have at most ${limit} at ${item.provider.name}. Make several batches, or use batch() with via: 'provider', which does.`,
        { provider: item.provider.id, param: 'requests', providerCode: limitCode },
      )
    }
  }
}

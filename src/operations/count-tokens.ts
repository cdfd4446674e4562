import type { Address, ChatDialect, CountEndpoint, Provider } from '../../providers/contract.js'
import { ProviderFault } from '../../providers/contract.js'
import type { ClientContext } from '../call/context.js'
import { sendOnce } from '../call/execute.js'
import type { Job, OperationSpec, Params } from '../call/operation.js'
import { prepare } from '../call/prepare.js'
import { splitRequest } from '../call/request.js'
import { resolveModel } from '../call/resolve.js'
import { formatOf } from '../call/structured.js'
import { encodeToolSchemas, hasToolSchemas } from '../call/tool-schemas.js'
import { providerCount } from '../tokens/endpoints.js'
import { familyOf } from '../tokens/families.js'
import type { TokenCount, TokenRequest } from '../tokens/types.js'
import type { CallOptions, CompletionRequest } from '../types/options.js'
import { withArgumentErrors } from './argument-error.js'
import { chat } from './chat.js'
import { checkMessages } from './shapes.js'

/** A chat request, as `completion()` takes it. Parameters that only affect the answer are ignored. */
export type CountTokensRequest = CompletionRequest

/**
 * Counts the tokens of a chat request: at the provider's own endpoint if it has one, else locally.
 * @throws {BadRequestError} if there are no messages
 */
export async function runCountTokens(context: ClientContext, request: CountTokensRequest): Promise<TokenCount> {
  const startedAt = context.clock.now()
  const { params, options } = splitRequest(request, chat.params)
  checkMessages(params.messages, 'To count the tokens of a text, use tokenCounter({ model, text }).')
  const schema = chat.schemaOf?.(params)
  if (schema) params.response_format = await formatOf(schema)
  if (hasToolSchemas(params)) await encodeToolSchemas(params)
  const { provider, model } = await resolveModel(params.model, context, { operation: 'chat', params, options })
  const { count } = provider
  const part = provider.dialect.chat
  if (!count || !part || isTooLong(params, count)) return countLocally(params, options)
  const { extra_body: extra, ...rest } = params
  const job: Job<ChatDialect> = {
    context,
    spec: countSpec(count, extra),
    provider: countingProvider(provider, count),
    part,
    model,
    params: { ...rest, stream: false },
    options,
    extraBody: undefined,
    schema: undefined,
    stream: false,
    startedAt,
    observer: undefined,
    recorder: undefined,
  }
  const call = await prepare(job, job.params)
  const { tokens } = (await sendOnce(job, job.params, call)) as { tokens: number }
  return providerCount(count, tokens, familyOf(model).name)
}

/** The chat operation with the body and the answer of a counting endpoint. */
const countSpec = (count: CountEndpoint, extra: unknown): OperationSpec<ChatDialect, { tokens: number }> => ({
  name: 'chat',
  api: 'chat',
  method: 'completion',
  path: chat.path,
  params: chat.params,
  check: chat.check,
  part: chat.part,
  unsupported: chat.unsupported,
  encode(part, params, context) {
    // the counting endpoint gets a part of the body, which is read here
    const encoded = chat.encode(part, params, { ...context, keeps: false })
    return { ...encoded, body: count.encode({ ...encoded.body, ...(extra as object | undefined) }, context.model) }
  },
  ...(chat.remoteMedia && { remoteMedia: chat.remoteMedia }),
  decode: (_, body) => ({ tokens: checkCount(count.decode(body)) }),
  settle: (call) => call.settle(undefined),
})

/** JSON is never shorter than its text. */
const isTooLong = ({ messages, tools }: Params, { mostChars }: CountEndpoint): boolean =>
  mostChars !== undefined && JSON.stringify([messages, tools]).length > mostChars

async function countLocally(params: Params, options: CallOptions): Promise<TokenCount> {
  const { countTokensLocally } = await import('../tokens/index.js')
  const given = params as unknown as TokenRequest
  const local = options.baseModel === undefined ? given : { ...given, model: options.baseModel }
  return withArgumentErrors('countTokens', () => countTokensLocally(local))
}

/** The provider with the path of its counting endpoint. Address, credentials and signature are those of its chat calls. */
function countingProvider(provider: Provider, count: CountEndpoint): Provider {
  const path: Address['path'] = (_, model, __, settings, basePath) => count.path(model, settings, basePath)
  const address: Address = Object.create(provider.address, { path: { value: path } })
  return Object.create(provider, { address: { value: address } })
}

function checkCount(tokens: number | undefined): number {
  if (tokens === undefined || !Number.isInteger(tokens) || tokens < 0) {
    throw new ProviderFault('without a number of tokens')
  }
  return tokens
}

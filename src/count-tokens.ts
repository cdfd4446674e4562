import type { Address, CountEndpoint, Provider } from '../providers/contract.js'
import { ProviderFault } from '../providers/contract.js'
import type { ClientContext } from './call/context.js'
import { decodeBody, sendForJson } from './call/json-response.js'
import { chatParams } from './call/options.js'
import { prepare, withRetries } from './call/prepare.js'
import { splitRequest } from './call/request.js'
import { type Resolved, resolveModel } from './call/resolve.js'
import { formatOf, isSchema } from './call/structured.js'
import { BadRequestError } from './errors.js'
import { providerCount } from './tokens/endpoints.js'
import { familyOf } from './tokens/families.js'
import type { TokenCount, TokenRequest } from './tokens/types.js'
import type { ChatParams } from './types/chat.js'
import type { CallOptions, CompletionRequest } from './types/options.js'

/** A chat request, as `completion()` takes it. What steers the answer alone makes no difference. */
export type CountTokensRequest = CompletionRequest

/**
 * The way of one count: to the provider's own counting endpoint where it has one, else it stays here.
 * @throws {BadRequestError} where there are no messages
 */
export async function runCountTokens(context: ClientContext, request: CountTokensRequest): Promise<TokenCount> {
  const startedAt = context.clock.now()
  const { params, options } = splitRequest(request, chatParams)
  if (!Array.isArray(params.messages) || params.messages.length === 0) {
    throw new BadRequestError(
      "'messages' is a list with at least one message, such as { role: 'user', content: 'Hello' }. For the tokens of a bare " +
        'text there is tokenCounter({ model, text }).',
      { param: 'messages' },
    )
  }
  if (isSchema(request.response_format)) params.response_format = await formatOf(request.response_format)
  const resolved = await resolveModel(params.model, context, { operation: 'chat', params, options })
  const { count, dialect } = resolved.provider
  if (!count || !dialect.chat || tooLong(params, count)) return countHere(params, options)
  return askProvider(context, resolved, count, params, options, startedAt)
}

/** JSON is never shorter than the words in it. */
const tooLong = ({ messages, tools }: Record<string, unknown>, { mostChars }: CountEndpoint): boolean =>
  mostChars !== undefined && JSON.stringify([messages, tools]).length > mostChars

async function countHere(params: Record<string, unknown>, options: CallOptions): Promise<TokenCount> {
  const { countTokensLocally } = await import('./tokens/index.js')
  const given = params as unknown as TokenRequest
  return countTokensLocally(options.baseModel === undefined ? given : { ...given, model: options.baseModel })
}

async function askProvider(
  context: ClientContext,
  { provider, model }: Resolved,
  count: CountEndpoint,
  params: Record<string, unknown>,
  options: CallOptions,
  startedAt: number,
): Promise<TokenCount> {
  const { chat } = provider.dialect
  const { extra_body: extra, ...rest } = params
  const given = { ...rest, stream: false } as unknown as ChatParams
  const call = await prepare({
    context,
    operation: 'chat',
    resolved: { provider: countingAt(provider, count), model },
    options,
    extraBody: undefined,
    startedAt,
    stream: false,
    encode: (encodeContext) => {
      const encoded = chat?.encode(given, encodeContext) ?? { body: {} }
      return { ...encoded, body: count.encode({ ...encoded.body, ...(extra as object | undefined) }, model) }
    },
    remoteMedia: chat?.remoteMedia && ((encodeContext) => chat.remoteMedia?.(given, encodeContext) ?? []),
  })
  const tokens = await withRetries(call, async () => {
    const ready = options.dispatcher ?? context.dispatcher()
    const body = await sendForJson(call, ready instanceof Promise ? await ready : ready)
    return decodeBody(call, body, (value) => wholeNumber(count.decode(value)))
  })
  call.settle(undefined)
  return providerCount(count, tokens, familyOf(model).name)
}

/** The same provider in all, but for the path: address, credentials and signature are those of its chat calls. */
function countingAt(provider: Provider, count: CountEndpoint): Provider {
  const path: Address['path'] = (_, model, __, settings, basePath) => count.path(model, settings, basePath)
  const address: Address = Object.create(provider.address, { path: { value: path } })
  return Object.create(provider, { address: { value: address } })
}

function wholeNumber(tokens: number | undefined): number {
  if (tokens === undefined || !Number.isInteger(tokens) || tokens < 0) {
    throw new ProviderFault('without a number of tokens')
  }
  return tokens
}

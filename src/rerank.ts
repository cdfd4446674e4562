import type { RerankDialect } from '../providers/contract.js'
import { scopeText } from './cache/key.js'
import { rerankWithCache } from './cache/rerank.js'
import type { Call } from './call/call.js'
import type { ClientContext } from './call/context.js'
import { decodeBody, sendForJson } from './call/json-response.js'
import { metaOf, withMeta } from './call/meta.js'
import type { CallObserver, CallWatch } from './call/observer.js'
import { rerankParams } from './call/options.js'
import { prepare, withRetries } from './call/prepare.js'
import { splitRequest } from './call/request.js'
import { resolveModel } from './call/resolve.js'
import { BadRequestError } from './errors.js'
import type { RerankRequest } from './types/options.js'
import type { RerankParams, RerankResponse } from './types/rerank.js'

/** The way of one rerank call. */
export async function runRerank(
  context: ClientContext,
  request: RerankRequest,
  observer?: CallObserver,
  watch?: CallWatch,
): Promise<RerankResponse> {
  const startedAt = context.clock.now()
  const { params, options } = splitRequest(request, rerankParams)
  checkDocuments(params)
  const found = resolveModel(params.model, context, { operation: 'rerank', params, options })
  const resolved = found instanceof Promise ? await found : found
  const { provider, model } = resolved
  const { rerank } = provider.dialect
  if (!rerank) {
    throw new BadRequestError(`${provider.name} has no rerank models. Cohere, Jina AI and Voyage do.`, {
      provider: provider.id,
      model,
    })
  }
  const { extra_body: extraBody, ...rest } = params
  const given = rest as unknown as RerankParams
  const prepared = prepare({
    context,
    operation: 'rerank',
    resolved,
    options,
    extraBody,
    startedAt,
    observer,
    watch,
    stream: false,
    encode: (encodeContext) => rerank.encode(given, encodeContext),
  })
  const call = prepared instanceof Promise ? await prepared : prepared
  const ask = () => send(context, call, rerank, options.dispatcher, given)
  // a Router looks before it chooses
  const policy = observer ? undefined : context.cache.policyFor(options.cache)
  if (!policy) return ask()
  const configured = context.providerOptions(provider.id)
  const headers = [context.headers, configured.headers, options.headers]
  const dropParams = options.dropParams ?? context.dropParams
  const { target, baseModel } = call
  return rerankWithCache({
    state: context.cache,
    policy,
    call,
    scope: scopeText({ provider, model, target, options, configured, dropParams, headers }, policy),
    keyInput: { operation: 'rerank', params: rest, extraBody },
    origin: () => ({ provider: provider.id, model, baseModel }),
    send: ask,
  })
}

async function send(
  context: ClientContext,
  call: Call,
  rerank: RerankDialect,
  dispatcher: RerankRequest['dispatcher'],
  given: RerankParams,
): Promise<RerankResponse> {
  const decoded = await withRetries(call, async () => {
    const ready = dispatcher ?? context.dispatcher()
    const body = await sendForJson(call, ready instanceof Promise ? await ready : ready)
    return decodeBody(call, body, (value) => rerank.decode(value, call.decodeContext()))
  })
  call.settle(decoded.usage, { answeredModel: decoded.model })
  return withMeta(given.return_documents ? withDocuments(decoded, given) : decoded, metaOf(call))
}

/** The documents as they were given: not every provider sends them back, and none sends records back unchanged. */
function withDocuments<Answer extends Pick<RerankResponse, 'results'>>(
  answer: Answer,
  { documents }: RerankParams,
): Answer {
  const results = answer.results.map((result) => {
    const document = documents[result.index]
    return document === undefined ? result : { ...result, document }
  })
  return { ...answer, results }
}

function checkDocuments({ query, documents }: Record<string, unknown>): void {
  if (typeof query !== 'string' || query === '') throw new BadRequestError("'query' is a text.", { param: 'query' })
  if (!Array.isArray(documents) || documents.length === 0) {
    throw new BadRequestError("'documents' is a list with at least one text.", { param: 'documents' })
  }
}

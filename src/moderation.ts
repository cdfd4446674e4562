import { refuseCache } from './cache/policy.js'
import type { ClientContext } from './call/context.js'
import { decodeBody, sendForJson } from './call/json-response.js'
import { metaOf, withMeta } from './call/meta.js'
import type { CallWatch } from './call/observer.js'
import { moderationParams } from './call/options.js'
import { prepare, withRetries } from './call/prepare.js'
import { splitRequest } from './call/request.js'
import { resolveModel } from './call/resolve.js'
import { BadRequestError } from './errors.js'
import type { ModerationParams, ModerationResponse } from './types/moderation.js'
import type { ModerationRequest } from './types/options.js'

const usualModel = 'openai/omni-moderation-latest'

/** The way of one moderation call. */
export async function runModeration(
  context: ClientContext,
  request: ModerationRequest,
  watch?: CallWatch,
): Promise<ModerationResponse> {
  const startedAt = context.clock.now()
  const { params, options } = splitRequest(request, moderationParams)
  refuseCache(options.cache, 'moderation')
  const { input } = params
  if (typeof input !== 'string' && (!Array.isArray(input) || input.length === 0)) {
    throw new BadRequestError("'input' is a text, or a list of texts or of parts such as { type: 'text', text }.", {
      param: 'input',
    })
  }
  const found = resolveModel(params.model ?? usualModel, context, { operation: 'moderation', params, options })
  const resolved = found instanceof Promise ? await found : found
  const { provider, model } = resolved
  const { moderation } = provider.dialect
  if (!moderation) {
    throw new BadRequestError(`${provider.name} has no moderation here. OpenAI and Mistral do.`, {
      provider: provider.id,
      model,
    })
  }
  const { extra_body: extraBody, ...rest } = params
  const call = await prepare({
    context,
    operation: 'moderation',
    resolved,
    options,
    extraBody,
    startedAt,
    watch,
    stream: false,
    encode: (encodeContext) => moderation.encode(rest as unknown as ModerationParams, encodeContext),
  })
  const decoded = await withRetries(call, async () => {
    const ready = options.dispatcher ?? context.dispatcher()
    const body = await sendForJson(call, ready instanceof Promise ? await ready : ready)
    return decodeBody(call, body, (value) => moderation.decode(value, call.decodeContext()))
  })
  call.settle(undefined, { answeredModel: decoded.model })
  return withMeta(decoded, metaOf(call))
}

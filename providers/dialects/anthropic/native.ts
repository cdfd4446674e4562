import type { EncodeContext, Encoded, NativeDialect } from '../../contract.js'
import type { AnthropicQuirks } from './quirks.js'
import type { Fields } from './wire.js'

/**
 * The Messages API itself. The request passes unchanged, except for the fields that depend on the host: model, version, stream and betas.
 * `betas` and `anthropic_version` are headers of Anthropic's own API.
 */
export const messages: NativeDialect<AnthropicQuirks> = Object.freeze({
  encode(params: Readonly<Record<string, unknown>>, { model, quirks }: EncodeContext<AnthropicQuirks>): Encoded {
    const { betas, anthropic_version: version, ...given } = params
    const body: Fields = { ...given, model }
    if (quirks.bodyModel === false) delete body.model
    if (body.stream !== true || quirks.bodyStream === false) delete body.stream
    const headers: Record<string, string> = {}
    if (quirks.bodyVersion !== undefined) body.anthropic_version = quirks.bodyVersion
    else if (typeof version === 'string' && /^[\w.-]{1,40}$/.test(version)) headers['anthropic-version'] = version
    const flags = Array.isArray(betas) ? betas.filter((flag) => typeof flag === 'string' && isFlag.test(flag)) : []
    if (flags.length > 0) {
      if (quirks.betas === 'body') body.anthropic_beta = flags
      else headers['anthropic-beta'] = flags.join(',')
    }
    return { body, headers }
  },
})

/** The flags come from clients, and become a header. */
const isFlag = /^[\w.-]{1,100}$/

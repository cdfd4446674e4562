import type { ErrorFacts, Failure } from '../../contract.js'
import { readError } from './error-body.js'
import { kindOf } from './error-kind.js'

/** https://platform.openai.com/docs/guides/error-codes */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const said = readError(body, text)
  const effective = said.status !== undefined && (status < 400 || status === 400) ? said.status : status
  const kind = kindOf(said, effective)
  return {
    kind,
    message: said.message,
    providerCode: said.code,
    param: said.param,
    status: status < 400 ? said.status : undefined,
    retryAfterMs: kind === 'rate_limit' ? waitIn(said.message) : undefined,
    hint: kind === 'bad_request' && noChat.test(said.message) ? noChatHint : undefined,
  }
}

/** OpenAI's answer (404) about models which have the Responses API only, and are not known to. */
const noChat = /not a chat model|only supported in v1\/responses|not accessible via the \/chat\/completions/i
const noChatHint = "It has no Chat Completions: put responses/ before the model's name, as in openai/responses/<model>."

/** "Please try again in 1m3.5s" (OpenAI, Groq), "Please retry after 26 seconds" (Azure). */
const waits = /(?:try again in|retry after) (?:(\d{1,3})h)?(?:(\d{1,5})m(?!s))?(?:(\d{1,8}(?:\.\d{1,6})?) ?(ms|s))?/i

function waitIn(message: string): number | undefined {
  const [found, hours, minutes, rest, unit] = waits.exec(message) ?? []
  if (!found || (!hours && !minutes && !rest)) return undefined
  const seconds = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60
  return Math.ceil(seconds * 1000 + Number(rest ?? 0) * (unit?.toLowerCase() === 'ms' ? 1 : 1000))
}

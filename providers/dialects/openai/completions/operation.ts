import type { TextCompletion, TextCompletionParams } from '../../../../src/types/text-completion.js'
import {
  type ChatDialect,
  type Decoded,
  type EncodeContext,
  type Encoded,
  type OperationDialect,
  ProviderFault,
} from '../../../contract.js'
import { isFields } from '../../../fields.js'
import type { OpenAIQuirks } from '../quirks.js'
import { completions } from './index.js'

/** Text completions of an API. */
export interface TextCompletionDialect<Quirks = unknown>
  extends OperationDialect<TextCompletionParams, TextCompletion, Quirks> {
  /** Reads its answers and events as those of chat. */
  readonly chat: ChatDialect<Quirks>
}

const { chat } = completions as { chat: ChatDialect<OpenAIQuirks> }

function encode(params: TextCompletionParams, { model, quirks }: EncodeContext<OpenAIQuirks>): Encoded {
  const { stream, stream_options: options, extra_body: _, echo, ...rest } = params
  const body: Record<string, unknown> = { model }
  const given = rest as unknown as Readonly<Record<string, unknown>>
  for (const name in given) if (name !== 'model' && given[name] !== null) body[name] = given[name]
  // a host that answers as chat repeats no prompt
  if (echo != null && !quirks.textAnswersAsChat) body.echo = echo
  if (stream) {
    body.stream = true
    if (quirks.streamOptions) body.stream_options = { ...options, include_usage: true }
  }
  return { body }
}

/** The answer passes unchanged. */
function decode(body: unknown): Decoded<TextCompletion> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  return body as unknown as Decoded<TextCompletion>
}

/** https://platform.openai.com/docs/api-reference/completions */
export const textCompletionDialect: TextCompletionDialect<OpenAIQuirks> = Object.freeze({ encode, decode, chat })

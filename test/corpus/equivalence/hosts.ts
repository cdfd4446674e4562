import { type Fields, isObject, list, objects, text } from '../wire/json.js'
import { type Rule, same } from './rule.js'

/** Differences that are meant between what llmux sends to hosts of OpenAI's wire and what was recorded there. */
export const hostRules: readonly Rule[] = [
  same('no-calls', 'an empty list of tool calls says nothing, and OpenAI refuses it', (body) => {
    for (const message of objects(body.messages)) {
      if (Array.isArray(message.tool_calls) && message.tool_calls.length === 0) delete message.tool_calls
    }
  }),
  same(
    'image-as-text',
    'Mistral takes the URL of an image bare; llmux sends it in the object that all hosts take',
    (body) => {
      for (const part of objects(body.messages).flatMap((message) => objects(message.content))) {
        if (part.type === 'image_url' && isObject(part.image_url) && Object.keys(part.image_url).length === 1) {
          part.image_url = part.image_url.url
        }
      }
    },
  ),
  {
    name: 'limit-renamed',
    reason: 'the row of the host says that it knows one name for the limit of the answer',
    apply: (sent, recorded) => {
      for (const [known, other] of [
        ['max_tokens', 'max_completion_tokens'],
        ['max_completion_tokens', 'max_tokens'],
      ] as const) {
        if (recorded[other] === undefined || recorded[known] !== undefined || sent[other] !== undefined) continue
        recorded[known] = recorded[other]
        delete recorded[other]
        return
      }
    },
  },
  {
    name: 'scrubbed-call-id',
    reason: 'the corpus has blotted ids of tool calls out, and llmux makes ids anew that Mistral would refuse',
    apply: (sent, recorded) => {
      if (idsOf(recorded).some((id) => /_REDACTED_/.test(id))) for (const body of [sent, recorded]) numberCalls(body)
    },
  },
  {
    name: 'result-named',
    reason: 'z.ai takes the result of a tool without the id of its call; the caller of llmux must give it',
    apply: (sent, recorded) => {
      for (const [at, message] of objects(recorded.messages).entries()) {
        const named = objects(sent.messages)[at]
        if (message.role === 'tool' && message.tool_call_id === undefined) delete named?.tool_call_id
      }
    },
  },
  {
    name: 'tool-typed',
    reason: 'Mistral takes a function without its type and adds it; the caller of llmux must give it',
    apply: (sent, recorded) => {
      for (const [at, tool] of objects(recorded.tools).entries()) {
        const typed = objects(sent.tools)[at]
        if (tool.type === undefined && typed?.type === 'function') delete typed.type
      }
    },
  },
  {
    name: 'mark-on-part',
    reason: 'a client marked a message for the cache; OpenRouter documents the mark on parts, and llmux puts it there',
    apply: (sent, recorded) => {
      for (const [at, message] of objects(recorded.messages).entries()) {
        const { cache_control: mark, content } = message
        const moved = objects(sent.messages)[at]
        if (!isObject(mark) || typeof content !== 'string' || moved?.cache_control !== undefined) continue
        delete message.cache_control
        message.content = [{ type: 'text', text: content, cache_control: mark }]
      }
    },
  },
]

/** Gives results of tools that were recorded without an id that of the one call before them, as a caller would have to. */
export function nameResults(body: Fields): Fields {
  let [only, ...others]: unknown[] = []
  const messages = list(body.messages).map((message) => {
    if (!isObject(message)) return message
    if (Array.isArray(message.tool_calls)) [only, ...others] = objects(message.tool_calls).map(({ id }) => id)
    const nameless = message.role === 'tool' && message.tool_call_id === undefined && others.length === 0
    return nameless ? { ...message, tool_call_id: only } : message
  })
  return { ...body, messages }
}

const idsOf = (body: Fields): string[] =>
  objects(body.messages).flatMap((message) =>
    [...objects(message.tool_calls).map(({ id }) => id), message.tool_call_id].flatMap((id) => text(id) ?? []),
  )

/** Ids by the order in which they come: what answers what is kept. */
function numberCalls(body: Fields): void {
  const ids = [...new Set(idsOf(body))]
  const numbered = (id: unknown) => (typeof id === 'string' ? ids.indexOf(id) : id)
  for (const message of objects(body.messages)) {
    for (const call of objects(message.tool_calls)) call.id = numbered(call.id)
    if (message.tool_call_id !== undefined) message.tool_call_id = numbered(message.tool_call_id)
  }
}

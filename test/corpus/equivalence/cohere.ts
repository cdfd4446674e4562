import { type Fields, isObject, objects, parse, text } from '../wire/json.js'
import { dropNulls, type Rule, same } from './rule.js'

/** Differences that are meant between what llmux sends to Cohere and what was recorded. */
export const cohereRules: readonly Rule[] = [
  same('null-is-absent', 'what is null says nothing', dropNulls),
  same('stream-false', '`stream: false` and no `stream` are the same', (body) => {
    if (body.stream === false) delete body.stream
  }),
  same('schema-renamed', '`schema` was the name of `json_schema` in the beta of structured outputs', (body) => {
    const format = body.response_format
    if (!isObject(format) || format.schema === undefined) return
    format.json_schema = format.schema
    delete format.schema
  }),
  same(
    'one-text-part',
    'a text and one part with it are the same; empty ones, and empty lists, say nothing',
    (body) => {
      for (const message of objects(body.messages)) cleanMessage(message)
    },
  ),
]

function cleanMessage(message: Fields): void {
  if (Array.isArray(message.content)) {
    const parts = objects(message.content).filter((part) => !(part.type === 'text' && part.text === ''))
    for (const { image_url: image } of parts) if (isObject(image) && image.detail === 'auto') delete image.detail
    const [only, ...others] = parts
    message.content = only?.type === 'text' && others.length === 0 ? only.text : parts
  }
  for (const key of ['content', 'tool_plan']) if (message[key] === '') delete message[key]
  for (const key of ['content', 'citations']) {
    const value = message[key]
    if (Array.isArray(value) && value.length === 0) delete message[key]
  }
  for (const { function: called } of objects(message.tool_calls)) {
    if (isObject(called)) called.arguments = parse(text(called.arguments) ?? '')
  }
}

export const cohereEmbeddingRules: readonly Rule[] = [
  same('null-is-absent', 'what is null says nothing', dropNulls),
  {
    name: 'kind-of-vector',
    reason: 'llmux always says which kind of vector it wants: version 2 asks for it, and numbers are the default',
    apply: (sent, recorded) => {
      recorded.embedding_types ??= ['float']
      sent.embedding_types ??= ['float']
    },
  },
]

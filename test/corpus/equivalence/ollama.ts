import { type Fields, isObject, object, objects } from '../wire/json.js'
import { dropNulls, type Rule, same } from './rule.js'

/** Differences that are meant between what llmux sends to Ollama and what was recorded. */
export const ollamaRules: readonly Rule[] = [
  same('null-is-absent', 'what is null says nothing', dropNulls),
  same('stream-said', 'llmux always says whether it wants a stream; Ollama streams where nothing is said', (body) => {
    body.stream ??= true
  }),
  same('nothing-said', 'an empty format, no options and no tools say nothing', (body) => {
    if (body.format === '') delete body.format
    for (const key of ['options', 'tools'])
      if (Object.keys(object(body[key])).length === 0 && isEmpty(body[key])) delete body[key]
  }),
  {
    name: 'misplaced-option',
    reason: 'these recorders put `think` among the options and `temperature` beside them, where Ollama reads neither',
    apply: (_, recorded) => {
      const { options, temperature } = recorded
      if (isObject(options)) delete options.think
      if (temperature === undefined) return
      delete recorded.temperature
      recorded.options = { ...object(options), temperature }
    },
  },
  same('ids-of-calls', 'calls are found by the name of their tool: ids and types are not Ollama’s', (body) => {
    for (const message of objects(body.messages)) cleanMessage(message)
  }),
]

const isEmpty = (value: unknown): boolean => (Array.isArray(value) ? value.length === 0 : isObject(value))

function cleanMessage(message: Fields): void {
  delete message.tool_call_id
  if (message.thinking === '') delete message.thinking
  for (const call of objects(message.tool_calls)) {
    delete call.id
    delete call.type
  }
}

export const ollamaEmbeddingRules: readonly Rule[] = [
  same('one-input', 'a text and a list with it are the same', (body) => {
    if (typeof body.input === 'string') body.input = [body.input]
  }),
]

import { deploymentOf } from '../folders/azure.js'
import { isMessages } from '../request/request.js'
import { isText, onlyPrompt } from '../request/text-completion.js'
import { type Fields, firstDifference, isObject, objects } from '../wire/json.js'
import type { Recording } from '../wire/recording.js'
import { anthropicRules } from './anthropic.js'
import { hostRules } from './hosts.js'
import { dropNulls, type Rule, same } from './rule.js'

const common: readonly Rule[] = [
  {
    name: 'model-elsewhere',
    reason: 'a recorded body without a model: it stood in the path, or was forgotten; a call of llmux always has one',
    apply: (sent, recorded) => {
      if (recorded.model === undefined) delete sent.model
    },
  },
  same('stream-false', '`stream: false` and no `stream` are the same to every host', (body) => {
    if (body.stream === false) delete body.stream
  }),
  {
    name: 'usage-asked-for',
    reason: 'llmux always asks for usage in streams: `meta.usage` and the cost need it',
    apply: (sent, recorded) => {
      const asked = sent.stream_options
      if (!isObject(asked) || asked.include_usage !== true) return
      if (!isObject(recorded.stream_options)) delete sent.stream_options
      else recorded.stream_options.include_usage = true
    },
  },
  same('null-is-absent', 'a parameter, or a field of a message, that is null says nothing', dropNulls),
  same('no-parts', 'no parts, an empty text and, beside tool calls, no content at all are the same message', (body) => {
    for (const message of objects(body.messages)) {
      if (Array.isArray(message.content) && message.content.length === 0) message.content = ''
      if (message.content === '' && Array.isArray(message.tool_calls)) delete message.content
    }
  }),
  same('one-text-part', 'a text, and a list with that one text part, are the same message', (body) => {
    for (const message of objects(body.messages)) message.content = plain(message.content)
  }),
]

const openaiRules: readonly Rule[] = [
  ...hostRules,
  same('nothing-cited', 'an empty list of annotations says nothing, and OpenAI has none in a history', (body) => {
    for (const message of objects(body.messages)) {
      if (Array.isArray(message.annotations) && message.annotations.length === 0) delete message.annotations
    }
  }),
  same(
    'no-tools',
    'an empty list of tools, and settings of tools without any, say nothing, and OpenAI refuses them',
    (body) => {
      if (Array.isArray(body.tools) && body.tools.length === 0) delete body.tools
      if (body.tools != null || body.functions != null) return
      delete body.parallel_tool_calls
      if (body.tool_choice === 'auto' || body.tool_choice === 'none') delete body.tool_choice
    },
  ),
  {
    name: 'default-temperature',
    reason:
      'models that reason have the temperature 1 and no other: llmux leaves out what some of them refuse even as 1',
    apply: (sent, recorded) => {
      if (recorded.temperature === 1 && sent.temperature === undefined && /^(?:gpt-5|o\d)/.test(String(recorded.model)))
        delete recorded.temperature
    },
  },
  same('index-of-a-delta', 'the index of a tool call belongs to a stream; in a history its place says it', (body) => {
    for (const call of objects(body.messages).flatMap((message) => objects(message.tool_calls))) delete call.index
  }),
  {
    name: 'file-named',
    reason: 'OpenAI wants a name beside the data of a file: llmux gives one where the caller does not',
    apply: (sent, recorded) => {
      for (const [at, file] of filesOf(recorded).entries()) {
        const added = filesOf(sent)[at]
        if (file.file_data !== undefined && file.filename === undefined) delete added?.filename
      }
    },
  },
]

const textRules: readonly Rule[] = [
  same('one-prompt', 'a prompt, and a list with that one prompt, are the same', (body) => {
    body.prompt = onlyPrompt(body.prompt)
  }),
]

const embeddingRules: readonly Rule[] = [
  same('one-input', 'Hugging Face takes one text as it is or in a list', (body) => {
    if (typeof body.inputs === 'string') body.inputs = [body.inputs]
  }),
  {
    name: 'vectors-as-base64',
    reason: 'llmux asks for base64 where the caller does not say: less to send and to parse',
    apply: (sent, recorded) => {
      if (sent.encoding_format === 'base64' && recorded.encoding_format == null) delete sent.encoding_format
    },
  },
]

function rulesFor(recording: Recording, recorded: Fields): readonly Rule[] {
  if (isMessages(recording)) return [...anthropicRules, ...common]
  if (isText(recording)) return [...textRules, ...common]
  return [...(Array.isArray(recorded.messages) ? openaiRules : embeddingRules), ...common]
}

/** Undefined where the two bodies mean the same, else the first difference. */
export function differenceOf(recording: Recording, sentBody: unknown, recordedBody: Fields): string | undefined {
  if (!isObject(sentBody)) return 'no JSON object was sent'
  const sent = structuredClone(sentBody)
  const recorded = structuredClone(recordedBody)
  // Azure knows the model by the deployment in the path, and its body may name any, or none
  if (deploymentOf(recording) !== undefined) for (const body of [sent, recorded]) delete body.model
  for (const rule of rulesFor(recording, recorded)) rule.apply(sent, recorded)
  return firstDifference(sent, recorded)
}

const filesOf = (body: Fields): Fields[] =>
  objects(body.messages)
    .flatMap((message) => objects(message.content))
    .flatMap((part) => (isObject(part.file) ? [part.file] : []))

function plain(content: unknown): unknown {
  const [only, ...others] = Array.isArray(content) ? content : []
  if (others.length > 0 || !isObject(only) || only.type !== 'text') return content
  return Object.keys(only).length === 2 ? only.text : content
}

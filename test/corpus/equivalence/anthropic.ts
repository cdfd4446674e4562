import { type Fields, isObject, list, objects, text } from '../wire/json.js'
import { type Rule, same } from './rule.js'

/** Differences that are meant between what llmux sends to the Messages API and what was recorded. */
export const anthropicRules: readonly Rule[] = [
  same('system-as-text', 'plain system texts are sent as one text, with a blank line between them', (body) => {
    const blocks = objects(body.system)
    if (blocks.length > 0 && blocks.every(isPlainText)) body.system = blocks.map((block) => block.text).join('\n\n')
  }),
  same('result-as-text', 'a tool result of one plain text block, and that text, are the same', (body) => {
    for (const { block, content } of blocksOf(body).map((block) => ({ block, content: block.content }))) {
      const [only, ...others] = list(content)
      if (block.type === 'tool_result' && others.length === 0 && isPlainText(only)) block.content = only.text
    }
  }),
  same('default-said-aloud', 'these values are what the API takes where nothing is said', (body) => {
    const { tool_choice: choice, tools } = body
    if (isObject(choice) && choice.disable_parallel_tool_use === false) delete choice.disable_parallel_tool_use
    if (Array.isArray(tools) && tools.length === 0) delete body.tools
    for (const tool of objects(tools)) {
      if (tool.type === 'custom') delete tool.type
      if (tool.description === '') delete tool.description
    }
    for (const block of blocksOf(body)) {
      if (block.is_error === false) delete block.is_error
      if (isDirectCaller(block.caller)) delete block.caller
    }
  }),
  {
    name: 'format-renamed',
    reason: '`output_format` was the name of `output_config.format` in its beta',
    apply: (_, recorded) => {
      const { output_format: format } = recorded
      if (!isObject(format)) return
      delete recorded.output_format
      recorded.output_config = { ...(isObject(recorded.output_config) && recorded.output_config), format }
    },
  },
  {
    name: 'scrubbed-signature',
    reason: 'the corpus has blotted some signatures out, and llmux sends back only what can be Anthropic’s',
    apply: (_, recorded) => {
      for (const message of objects(recorded.messages)) {
        if (Array.isArray(message.content)) message.content = message.content.filter((block) => !isScrubbed(block))
      }
    },
  },
]

const isPlainText = (block: unknown): block is { type: 'text'; text: string } =>
  isObject(block) && block.type === 'text' && Object.keys(block).length === 2

/** The model itself called the tool, which is what no `caller` says too. */
export const isDirectCaller = (caller: unknown): boolean => isObject(caller) && caller.type === 'direct'

export const isScrubbed = (block: unknown): boolean =>
  isObject(block) && /_REDACTED_/.test(`${text(block.signature) ?? ''}${text(block.data) ?? ''}`)

const blocksOf = (body: Fields): Fields[] => objects(body.messages).flatMap((message) => objects(list(message.content)))

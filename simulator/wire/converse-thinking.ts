import { sign } from '../digest.js'
import { type Json, number, record, records, string } from '../json.js'
import { modelFields } from './converse-request.js'
import type { WireRequest } from './wire.js'

/** Claude's own validation, passed on by Bedrock. https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
export function findThinkingFault({ body, model }: WireRequest): string | undefined {
  const fields = modelFields(body)
  if (!/claude/.test(model) && fields.thinking === undefined) return findOwnFieldFault(fields, model)
  const fault = findReplayFault(records(body.messages)) ?? findBudgetFault(body, record(fields.thinking))
  return fault === undefined ? undefined : `The model returned the following errors: ${fault}`
}

/** A turn must return with its signature. */
function findReplayFault(messages: readonly Json[]): string | undefined {
  for (const [index, { content, role }] of messages.entries()) {
    for (const [at, block] of records(content).entries()) {
      const { reasoningText } = record(block.reasoningContent)
      if (reasoningText === undefined) continue
      const { text, signature } = record(reasoningText)
      const place = `messages.${index}.content.${at}`
      if (typeof signature !== 'string') return `${place}.thinking.signature: Field required`
      if (signature !== sign(string(text) ?? '')) return `${place}: Invalid \`signature\` in \`thinking\` block`
    }
    const end = string(records(content).at(-1)?.text)
    if (role === 'assistant' && index === messages.length - 1 && end !== undefined && end !== end.trimEnd()) {
      return 'messages: final assistant content cannot end with trailing whitespace'
    }
  }
  return undefined
}

function findBudgetFault(body: Json, thinking: Json): string | undefined {
  if (thinking.type !== 'enabled') return undefined
  const { maxTokens, temperature } = record(body.inferenceConfig)
  const budget = number(thinking.budget_tokens)
  if (budget === undefined) return 'thinking.enabled.budget_tokens: Field required'
  if (budget < 1024) return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024'
  const limit = number(maxTokens)
  if (limit !== undefined && budget >= limit) return '`max_tokens` must be greater than `thinking.budget_tokens`.'
  if (temperature !== undefined && temperature !== 1) {
    return '`temperature` may only be set to 1 when thinking is enabled.'
  }
  const choice = record(record(body.toolConfig).toolChoice)
  if (choice.any !== undefined || choice.tool !== undefined) {
    return 'Thinking may not be enabled when tool_choice forces tool use.'
  }
  return findOrderFault(records(body.messages))
}

/** A turn that continues after tool results must start with thinking. */
function findOrderFault(messages: readonly Json[]): string | undefined {
  const turn = messages.findLastIndex(({ role }) => role === 'assistant')
  const blocks = records(messages[turn]?.content)
  const [first] = blocks
  if (!first || first.reasoningContent !== undefined) return undefined
  if (!blocks.some(({ toolUse }) => toolUse !== undefined)) return undefined
  const found = first.toolUse === undefined ? 'text' : 'tool_use'
  return `messages.${turn}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${found}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`
}

const novaFields: readonly string[] = ['inferenceConfig', 'reasoningConfig']

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function findOwnFieldFault(fields: Json, model: string): string | undefined {
  if (!/nova/.test(model)) return undefined
  const stranger = Object.keys(fields).find((name) => !novaFields.includes(name))
  return stranger === undefined
    ? undefined
    : `Malformed input request: #: extraneous key [${stranger}] is not permitted, please reformat your input and try again.`
}

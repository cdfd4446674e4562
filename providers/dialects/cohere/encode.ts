import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { namedModel } from '../../models/index.js'
import { Report } from '../../report.js'
import { encodeFormat } from './format.js'
import { encodeMessages } from './messages.js'
import { modelFacts } from './models.js'
import { encodeParams } from './params.js'
import type { EncodeScope, EncodeState } from './scope.js'
import { encodeThinking } from './thinking.js'
import { encodeTools, ToolNames, toolNames } from './tools.js'
import type { Fields, WireMessage } from './wire.js'

/** Encodes an OpenAI-shaped request for Cohere's v2 chat. https://docs.cohere.com/reference/chat */
export function encode(params: ChatParams, context: EncodeContext): Encoded {
  const scope: EncodeScope = {
    report: new Report(context),
    facts: modelFacts(namedModel(context)),
    names: new ToolNames(toolNames(params)),
  }
  const messages = encodeMessages(params.messages, scope)
  const { tools, choice, strict } = encodeTools(params, scope)
  const own = encodeParams(params, scope)
  const grounded = Array.isArray(own.documents) && own.documents.length > 0
  const { format, instruction } = encodeFormat(params.response_format, tools.length > 0 || grounded, scope)
  const thinking = encodeThinking(params, scope)
  scope.report.throwUnsupported()
  // field by field: spreads in a literal are slow
  const body: Fields = {
    model: context.model,
    messages: instruction === undefined ? messages : instructed(messages, instruction),
  }
  if (tools.length > 0) body.tools = tools
  if (choice) body.tool_choice = choice
  if (strict) body.strict_tools = true
  if (format) body.response_format = format
  if (thinking) body.thinking = thinking
  for (const name in own) body[name] = own[name]
  body.stream = params.stream === true
  const encoded: { -readonly [Field in keyof Encoded]: Encoded[Field] } = { body }
  if (scope.report.warnings.length > 0) encoded.warnings = scope.report.warnings
  const names = scope.names.originals()
  if (names) encoded.encodeState = { names } satisfies EncodeState
  return encoded
}

function instructed(messages: WireMessage[], instruction: string): WireMessage[] {
  const [first, ...rest] = messages
  if (first?.role !== 'system') return [{ role: 'system', content: instruction }, ...messages]
  return [{ role: 'system', content: `${String(first.content)}\n\n${instruction}` }, ...rest]
}

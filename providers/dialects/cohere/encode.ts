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
  const body: Fields = {
    model: context.model,
    messages: instruction === undefined ? messages : instructed(messages, instruction),
    ...(tools.length > 0 && { tools }),
    ...(choice && { tool_choice: choice }),
    ...(strict && { strict_tools: true }),
    ...(format && { response_format: format }),
    ...(thinking && { thinking }),
    ...own,
    stream: params.stream === true,
  }
  const names = scope.names.originals()
  const encodeState: EncodeState | undefined = names && { names }
  return {
    body,
    ...(scope.report.warnings.length > 0 && { warnings: scope.report.warnings }),
    ...(encodeState && { encodeState }),
  }
}

function instructed(messages: WireMessage[], instruction: string): WireMessage[] {
  const [first, ...rest] = messages
  if (first?.role !== 'system') return [{ role: 'system', content: instruction }, ...messages]
  return [{ role: 'system', content: `${String(first.content)}\n\n${instruction}` }, ...rest]
}

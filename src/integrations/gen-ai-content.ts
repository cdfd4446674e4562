type Fields = Readonly<Record<string, unknown>>
type Part = { type: string } & Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Messages in the form of the GenAI conventions.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json
 */
export function inputMessages({ messages, input }: Fields): object[] {
  if (typeof input === 'string' && input !== '') return [{ role: 'user', parts: [textPart(input)] }]
  const list = Array.isArray(messages) ? messages : Array.isArray(input) ? input : []
  return list.filter(isFields).map((message) => messageOf(message))
}

/** https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-system-instructions.json */
export function systemInstructions({ instructions }: Fields): object[] {
  return typeof instructions === 'string' && instructions !== '' ? [textPart(instructions)] : []
}

/** https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-output-messages.json */
export function outputMessages(answer: Fields | undefined): object[] {
  const { choices, output, status } = answer ?? {}
  if (Array.isArray(choices)) {
    return choices.filter(isFields).map(({ message, finish_reason: reason }) => ({
      ...messageOf(isFields(message) ? message : {}, 'assistant'),
      finish_reason: typeof reason === 'string' ? reason : 'unknown',
    }))
  }
  if (!Array.isArray(output)) return []
  const parts = output.filter(isFields).flatMap(partsOfItem)
  return parts.length > 0
    ? [{ role: 'assistant', parts, finish_reason: typeof status === 'string' ? status : 'unknown' }]
    : []
}

/** https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md */
export function toolDefinitions({ tools }: Fields): object[] {
  if (!Array.isArray(tools)) return []
  return tools.filter(isFields).map((tool) => {
    const { type = 'function', function: called } = tool
    return isFields(called) ? { type, ...called } : { ...tool, type }
  })
}

function messageOf(message: Fields, role = 'user'): { role: string; parts: Part[] } {
  if (typeof message.type === 'string' && message.role === undefined && message.content === undefined) {
    const fromTool = message.type.endsWith('_output')
    return { role: fromTool ? 'tool' : 'assistant', parts: partsOfItem(message) }
  }
  const { role: given, content, reasoning_content: reasoning, tool_calls: calls, tool_call_id: id, name } = message
  const parts: Part[] = []
  if (typeof reasoning === 'string' && reasoning !== '') parts.push({ type: 'reasoning', content: reasoning })
  if (given === 'tool') parts.push({ type: 'tool_call_response', id: id ?? null, response: content ?? null })
  else if (typeof content === 'string') parts.push(textPart(content))
  else if (Array.isArray(content)) parts.push(...content.filter(isFields).map(partOf))
  if (Array.isArray(calls)) parts.push(...calls.filter(isFields).map(callPart))
  if (typeof message.refusal === 'string') parts.push({ type: 'refusal', content: message.refusal })
  return { role: typeof given === 'string' ? given : role, parts, ...(typeof name === 'string' && { name }) }
}

const textPart = (content: string): Part => ({ type: 'text', content })

function callPart({ id, function: called, custom }: Fields): Part {
  const { name, arguments: given, input } = isFields(called) ? called : isFields(custom) ? custom : {}
  return { type: 'tool_call', id: id ?? null, name: name ?? '', arguments: parsed(given ?? input) }
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return text ?? null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function partOf(part: Fields): Part {
  const { type, text } = part
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return textPart(typeof text === 'string' ? text : '')
    case 'image_url': {
      const { url } = isFields(part.image_url) ? part.image_url : { url: part.image_url }
      return linked('image', url)
    }
    case 'input_image':
      return linked('image', part.image_url)
    case 'input_audio': {
      const { data, format } = isFields(part.input_audio) ? part.input_audio : {}
      return { type: 'blob', modality: 'audio', mime_type: `audio/${format}`, content: data ?? '' }
    }
    default:
      return { ...part, type: typeof type === 'string' ? type : 'unknown' }
  }
}

/** Binary data is truncated already; the remainder shows its type and length. */
function linked(modality: string, url: unknown): Part {
  const data = typeof url === 'string' ? /^data:([^;,]+)[^,]*,(.*)$/s.exec(url) : undefined
  if (data) return { type: 'blob', modality, mime_type: data[1], content: data[2] }
  return { type: 'uri', modality, uri: typeof url === 'string' ? url : '' }
}

/** An item of the Responses API. */
function partsOfItem(item: Fields): Part[] {
  const { type, content, summary, call_id: id, name, arguments: given, input, output } = item
  switch (type) {
    case 'message':
      return Array.isArray(content) ? content.filter(isFields).map(partOf) : []
    case 'function_call':
    case 'custom_tool_call':
      return [{ type: 'tool_call', id: id ?? null, name: name ?? '', arguments: parsed(given ?? input) }]
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [{ type: 'tool_call_response', id: id ?? null, response: output ?? null }]
    case 'reasoning': {
      const texts = Array.isArray(summary) ? summary.filter(isFields).map(({ text }) => text) : []
      return texts.length > 0 ? [{ type: 'reasoning', content: texts.join('\n') }] : []
    }
    default:
      return [{ ...item, type: typeof type === 'string' ? type : 'unknown' }]
  }
}

import { type Fields, filled, isObject, objects, text } from '../wire/json.js'

/** A body of Cohere's chat, version 2, as an OpenAI-shaped request. */
export function chatFromCohere(body: Fields): Fields | undefined {
  if (objects(body.messages).length === 0) return undefined
  const { messages, k, p, stop_sequences, tool_choice, response_format, model: _, stream: __, ...rest } = body
  return {
    ...rest,
    messages: objects(messages).map(messageOf),
    ...(k !== undefined && { top_k: k }),
    ...(p !== undefined && { top_p: p }),
    ...(stop_sequences !== undefined && { stop: stop_sequences }),
    ...(typeof tool_choice === 'string' && { tool_choice: tool_choice.toLowerCase() }),
    ...(isObject(response_format) && { response_format: formatOf(response_format) }),
  }
}

function formatOf({ json_schema, schema }: Fields): Fields {
  const given = json_schema ?? schema
  return given ? { type: 'json_schema', json_schema: { name: 'answer', schema: given } } : { type: 'json_object' }
}

/** A turn of the assistant as llmux itself would have returned it: its plan is thought. */
function messageOf(message: Fields): Fields {
  const { role, content, tool_plan, citations, tool_calls, tool_call_id } = message
  if (role !== 'assistant') return { role, content, ...(tool_call_id !== undefined && { tool_call_id }) }
  const parts = objects(content)
  const said = text(content) ?? parts.map((part) => (part.type === 'text' ? (text(part.text) ?? '') : '')).join('')
  const thoughts = [...parts.flatMap((part) => filled(part.thinking) ?? []), filled(tool_plan) ?? ''].filter(Boolean)
  const specific = { ...(filled(tool_plan) && { tool_plan }), ...(objects(citations).length > 0 && { citations }) }
  return {
    role,
    content: said || null,
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('\n\n') }),
    ...(Object.keys(specific).length > 0 && { provider_specific_fields: specific }),
    ...(objects(tool_calls).length > 0 && { tool_calls }),
  }
}

import { type Fields, filled, isObject, object, objects, text } from '../wire/json.js'

/** A recorded Responses request, as a caller of completion() would write it; undefined where chat has no words for it. */
export function toChat(body: Fields): Fields | undefined {
  const { input, instructions, tools, tool_choice: choice, text: output, max_output_tokens: limit, ...rest } = body
  const { model: _, stream: __, ...params } = rest
  const messages = messagesOf(input)
  // tools in the shape of Chat Completions, which the API refuses
  if (objects(tools).some((tool) => tool.type === 'function' && 'function' in tool)) return undefined
  if (!messages || ['previous_response_id', 'prompt', 'background', 'conversation'].some((name) => name in rest))
    return undefined
  const chat: Fields = {
    ...params,
    messages: [...(filled(instructions) ? [{ role: 'system', content: instructions }] : []), ...messages],
  }
  if (tools !== undefined) chat.tools = objects(tools).map(toolOf)
  if (choice !== undefined) chat.tool_choice = choiceOf(choice)
  if (limit !== undefined) chat.max_completion_tokens = limit
  const { format, verbosity, ...others } = object(output)
  if (isObject(format)) {
    const { type, ...schema } = format
    chat.response_format = type === 'json_schema' ? { type, json_schema: schema } : format
  }
  if (verbosity !== undefined) chat.verbosity = verbosity
  if (Object.keys(others).length > 0) chat.text = others
  return chat
}

const toolOf = (tool: Fields): Fields => {
  const { type, ...rest } = tool
  if (type === 'function') return { type, function: rest }
  return tool
}

const choiceOf = (choice: unknown): unknown => {
  if (!isObject(choice) || choice.type !== 'function') return choice
  return { type: 'function', function: { name: choice.name } }
}

function messagesOf(input: unknown): Fields[] | undefined {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  const messages: Fields[] = []
  let turn: Fields | undefined
  for (const item of objects(input)) {
    switch (item.type) {
      case undefined:
      case 'message': {
        const content = contentOf(item.content)
        if (content === undefined || item.phase) return undefined
        turn = undefined
        messages.push({ role: item.role, content })
        if (item.role === 'assistant') turn = messages.at(-1)
        break
      }
      case 'function_call': {
        if (item.namespace || item.caller) return undefined
        if (turn === undefined) {
          turn = { role: 'assistant', content: null }
          messages.push(turn)
        }
        const call = { id: item.call_id, type: 'function', function: { name: item.name, arguments: item.arguments } }
        turn.tool_calls = [...objects(turn.tool_calls), call]
        break
      }
      case 'function_call_output':
        turn = undefined
        if (typeof item.output !== 'string') return undefined
        messages.push({ role: 'tool', tool_call_id: item.call_id, content: item.output })
        break
      default:
        // reasoning and calls of the provider's own tools are checked as the answers that they once were
        return undefined
    }
  }
  return messages.length > 0 ? messages : undefined
}

function contentOf(content: unknown): unknown {
  if (typeof content === 'string') return content
  const parts = objects(content).map((part) => {
    switch (part.type) {
      case 'input_text':
      case 'output_text':
        return { type: 'text', text: part.text }
      case 'input_image':
        return filled(part.image_url)
          ? { type: 'image_url', image_url: { url: part.image_url, ...(part.detail ? { detail: part.detail } : {}) } }
          : undefined
      case 'input_file': {
        const { file_data: data, file_id: id, filename } = part
        return filled(data) || filled(id)
          ? {
              type: 'file',
              file: { ...(data ? { file_data: data } : { file_id: id }), ...(filename ? { filename } : {}) },
            }
          : undefined
      }
      default:
        return undefined
    }
  })
  return parts.includes(undefined) ? undefined : parts
}

/** What two requests are compared by: spellings that mean the same are made one, and defaults that llmux says are left out. */
export function comparable(body: Fields, recorded: Fields): Fields {
  const { stream: _, instructions, input, store, include, tools, max_output_tokens: limit, ...rest } = body
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : objects(input)
  const first = filled(instructions) ? [{ role: 'system', content: instructions }] : []
  const out: Fields = { ...rest, input: [...first, ...items].map(itemOf) }
  if (recorded.store !== undefined) out.store = store
  if (recorded.include !== undefined) out.include = include
  if (limit !== undefined) out.max_output_tokens = limit
  if (tools !== undefined) out.tools = objects(tools).map((tool, at) => likeRecorded(tool, objects(recorded.tools)[at]))
  for (const name in out) if (out[name] === null) delete out[name]
  return out
}

/** `strict` and `parameters` are always said by llmux. */
function likeRecorded(tool: Fields, recorded: Fields = {}): Fields {
  if (tool.type !== 'function') return tool
  const { strict, parameters, description, ...rest } = tool
  return {
    ...rest,
    ...(recorded.strict == null ? {} : { strict }),
    ...(recorded.parameters == null ? {} : { parameters }),
    ...(description == null ? {} : { description }),
  }
}

function itemOf(item: Fields): Fields {
  const { type, id: _, status: __, phase: ___, ...rest } = item
  if (type !== undefined && type !== 'message') return { type, ...rest }
  const parts = typeof item.content === 'string' ? [{ type: 'input_text', text: item.content }] : objects(item.content)
  const content = parts.map((part) => {
    if (text(part.text) !== undefined) return { text: part.text }
    if (part.type === 'input_image') return { ...part, detail: part.detail ?? 'auto' }
    return part
  })
  // an empty text says nothing
  const said = content.filter((part) => part.text !== '')
  const texts = item.role === 'assistant' ? [{ text: said.map((part) => part.text).join('') }] : said
  return { role: rest.role, content: texts }
}

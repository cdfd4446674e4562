import { type Fields, filled, isObject, object, objects } from '../wire/json.js'

/** A body of Ollama's chat as an OpenAI-shaped request. Options that OpenAI has no word for keep theirs. */
export function chatFromOllama(body: Fields): Fields {
  const { messages, options, format, tools, model: _, stream: __, ...rest } = body
  const { num_predict, think: ___, ...sampling }: Fields = object(options)
  return {
    ...rest,
    ...sampling,
    messages: messagesOf(objects(messages)),
    ...(num_predict !== undefined && { max_tokens: num_predict }),
    ...(objects(tools).length > 0 && { tools }),
    ...(format !== undefined && format !== null && format !== '' && { response_format: formatOf(format) }),
  }
}

const formatOf = (format: unknown): Fields =>
  isObject(format) ? { type: 'json_schema', json_schema: { name: 'answer', schema: format } } : { type: 'json_object' }

/** Calls have no ids with Ollama: results are found by the name of their tool. */
function messagesOf(messages: readonly Fields[]): Fields[] {
  let calls: { id: string; name: unknown }[] = []
  return messages.map(({ role, content, thinking, tool_calls, tool_name, images }) => {
    if (objects(tool_calls).length > 0) {
      calls = objects(tool_calls).map((call, at) => ({ id: `call_${at}`, name: object(call.function).name }))
    }
    const written = objects(tool_calls).map(({ function: called }, at) => ({
      id: `call_${at}`,
      type: 'function',
      function: { name: object(called).name, arguments: JSON.stringify(object(called).arguments) },
    }))
    return {
      role,
      content: Array.isArray(images) ? [{ type: 'text', text: content }, ...images.map(imageOf)] : content,
      ...(filled(thinking) && { reasoning_content: thinking }),
      ...(written.length > 0 && { tool_calls: written }),
      ...(role === 'tool' && { tool_call_id: calls.find(({ name }) => name === tool_name)?.id ?? 'nobody asked' }),
    }
  })
}

const imageOf = (data: unknown): Fields => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } })

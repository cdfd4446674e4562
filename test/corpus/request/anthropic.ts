import { type Fields, isObject, list, object, text } from '../wire/json.js'

/**
 * A body of the Messages API as an OpenAI-shaped request: what a caller would have written to get it. Fields that OpenAI has
 * no word for stay as they are.
 */
export function toOpenAI(body: Fields): Fields {
  const { system, messages, tools, tool_choice, stop_sequences, metadata, output_config, output_format, ...rest } = body
  const out: Fields = { ...rest }
  out.messages = [...systemOf(system), ...list(messages).flatMap(turnOf)]
  if (Array.isArray(tools)) out.tools = tools.map(toolOf)
  if (isObject(tool_choice)) Object.assign(out, choiceOf(tool_choice))
  if (stop_sequences !== undefined) out.stop = stop_sequences
  if (isObject(metadata) && typeof metadata.user_id === 'string') out.user = metadata.user_id
  Object.assign(out, outputOf(object(output_config), output_format))
  return out
}

function systemOf(system: unknown): Fields[] {
  if (system === undefined || system === null) return []
  return [{ role: 'system', content: system }]
}

/** `output_format` was the name of `output_config.format` in its beta. */
function outputOf({ format, ...others }: Fields, betaFormat: unknown): Fields {
  const out: Fields = Object.keys(others).length > 0 ? { output_config: others } : {}
  const wanted = format ?? betaFormat
  if (isObject(wanted)) {
    out.response_format = {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: wanted.schema, strict: true },
    }
  }
  return out
}

/** Tools of Anthropic's own (`web_search_20250305`, …) are passed as they are. */
function toolOf(tool: unknown): unknown {
  if (!isObject(tool) || (tool.type !== undefined && tool.type !== 'custom')) return tool
  const { name, description, input_schema, strict, type: _, ...others } = tool
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      ...(input_schema !== undefined && { parameters: input_schema }),
      ...(strict !== undefined && { strict }),
    },
    ...others,
  }
}

function choiceOf({ type, name, disable_parallel_tool_use: disabled }: Fields): Fields {
  const words: Readonly<Record<string, unknown>> = {
    auto: 'auto',
    any: 'required',
    none: 'none',
    tool: { type: 'function', function: { name } },
  }
  return {
    tool_choice: words[String(type)],
    ...(disabled !== undefined && { parallel_tool_calls: disabled !== true }),
  }
}

function turnOf(turn: unknown): unknown[] {
  if (!isObject(turn)) return [turn]
  const { role, content } = turn
  if (!Array.isArray(content) || role === 'system') return [turn]
  return role === 'assistant' ? [assistantOf(content)] : userOf(content)
}

/** Tool results become messages of their own; what stands between them keeps its place. */
function userOf(content: unknown[]): Fields[] {
  const out: Fields[] = []
  let parts: unknown[] = []
  const flush = () => {
    if (parts.length > 0) out.push({ role: 'user', content: parts })
    parts = []
  }
  for (const block of content) {
    if (isObject(block) && block.type === 'tool_result') {
      flush()
      const { type: _, tool_use_id, content: result, ...others } = block
      out.push({
        role: 'tool',
        tool_call_id: tool_use_id,
        content: Array.isArray(result) ? result.map(partOf) : (result ?? ''),
        ...others,
      })
    } else parts.push(partOf(block))
  }
  flush()
  return out
}

/** Blocks that OpenAI has a part for; documents with a title, a context or citations and the rest stay Anthropic's own. */
function partOf(block: unknown): unknown {
  if (!isObject(block) || !isObject(block.source)) return block
  const { type, source, ...others } = block
  const { cache_control: mark, ...special } = others
  if (Object.keys(special).length > 0) return block
  const marked = mark === undefined ? {} : { cache_control: mark }
  const data = source.type === 'base64' ? `data:${text(source.media_type)};base64,${text(source.data)}` : undefined
  if (type === 'image') {
    const url = data ?? (source.type === 'url' ? source.url : undefined)
    return url === undefined ? block : { type: 'image_url', image_url: { url }, ...marked }
  }
  if (type !== 'document') return block
  if (data !== undefined) return { type: 'file', file: { file_data: data }, ...marked }
  const id = source.type === 'url' ? source.url : source.type === 'file' ? source.file_id : undefined
  return id === undefined ? block : { type: 'file', file: { file_id: id }, ...marked }
}

/**
 * An assistant turn as llmux itself would have returned it: text, calls and thinking in fields of their own; and where the
 * blocks are more than that (server tools, citations, another order), as they came, in `provider_specific_fields`.
 */
function assistantOf(content: unknown[]): Fields {
  const blocks = content.filter(isObject)
  const ofType = (...types: string[]) => blocks.filter(({ type }) => types.includes(String(type)))
  const thinking = ofType('thinking', 'redacted_thinking')
  const said = ofType('text')
  const calls = ofType('tool_use')
  const mark = calls.length > 0 ? blocks.at(-1)?.cache_control : undefined
  const common = {
    role: 'assistant',
    ...(thinking.length > 0 && { thinking_blocks: thinking }),
    ...(calls.length > 0 && { tool_calls: calls.map(callOf) }),
    ...(mark !== undefined && { cache_control: mark }),
  }
  const inOrder = [...thinking, ...said, ...calls]
  const plain = blocks.length === inOrder.length && blocks.every((block, at) => block === inOrder[at])
  if (plain && !said.some(({ citations }) => Array.isArray(citations))) {
    return { ...common, ...(said.length > 0 && { content: said }) }
  }
  const words = said.map((block) => text(block.text) ?? '').join('')
  return { ...common, content: words || null, provider_specific_fields: { content_blocks: blocks } }
}

const callOf = ({ id, name, input }: Fields): Fields => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(input ?? {}) },
})

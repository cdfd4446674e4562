import { type Fields, filled, isObject, list, object, objects, text } from '../wire/json.js'

/** A body of Converse as an OpenAI-shaped request. Fields that OpenAI has no word for stay, in snake_case. */
export function chatFromConverse(body: Fields): Fields {
  const system = objects(body.system)
  return {
    messages: [
      ...(system.length > 0 ? [{ role: 'system', content: partsOf(system) }] : []),
      ...objects(body.messages).flatMap(turnOf),
    ],
    ...inferenceOf(object(body.inferenceConfig)),
    ...toolsOf(object(body.toolConfig)),
    ...formatOf(object(object(object(object(body.outputConfig).textFormat).structure).jsonSchema)),
    ...renamed(body, {
      guardrailConfig: 'guardrail_config',
      performanceConfig: 'performance_config',
      requestMetadata: 'metadata',
      promptVariables: 'prompt_variables',
      additionalModelResponseFieldPaths: 'additional_model_response_field_paths',
    }),
    ...(isObject(body.serviceTier) && { service_tier: body.serviceTier.type }),
    ...moreOf(object(body.additionalModelRequestFields)),
  }
}

const renamed = (from: Fields, names: Readonly<Record<string, string>>): Fields =>
  Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => (from[key] === undefined ? [] : [[name, from[key]]])),
  )

const inferenceOf = (config: Fields): Fields =>
  renamed(config, { maxTokens: 'max_tokens', temperature: 'temperature', topP: 'top_p', stopSequences: 'stop' })

/** What the models take beside Converse's own parameters. */
function moreOf({ reasoningConfig, inferenceConfig, ...others }: Fields): Fields {
  const effort = object(reasoningConfig).maxReasoningEffort
  const topK = object(inferenceConfig).topK
  return {
    ...others,
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...(topK !== undefined && { top_k: topK }),
  }
}

function formatOf({ name, description, schema }: Fields): Fields {
  if (typeof schema !== 'string') return {}
  const given = { name, ...(description !== undefined && { description }), schema: JSON.parse(schema) }
  return { response_format: { type: 'json_schema', json_schema: given } }
}

function toolsOf({ tools, toolChoice }: Fields): Fields {
  const out: Fields[] = []
  for (const tool of objects(tools)) {
    const { toolSpec, cachePoint } = tool
    const last = out.at(-1)
    if (isObject(toolSpec)) {
      const { name, description, inputSchema, strict } = toolSpec
      const said = { ...(description !== undefined && { description }), ...(strict !== undefined && { strict }) }
      out.push({ type: 'function', function: { name, parameters: object(inputSchema).json, ...said } })
    } else if (cachePoint !== undefined && last) last.cache_control = { type: 'ephemeral' }
    else out.push(tool)
  }
  return { ...(out.length > 0 && { tools: out }), ...(isObject(toolChoice) && { tool_choice: choiceOf(toolChoice) }) }
}

function choiceOf({ auto, any, tool }: Fields): unknown {
  if (auto !== undefined) return 'auto'
  return any !== undefined ? 'required' : { type: 'function', function: { name: object(tool).name } }
}

function turnOf({ role, content }: Fields): Fields[] {
  const blocks = objects(content)
  if (role === 'assistant') return [assistantOf(blocks)]
  const results = blocks.flatMap(({ toolResult }) => (isObject(toolResult) ? [resultOf(toolResult)] : []))
  const rest = blocks.filter(({ toolResult }) => !isObject(toolResult))
  return [...results, ...(rest.length > 0 ? [{ role: 'user', content: partsOf(rest) }] : [])]
}

const resultOf = ({ toolUseId, content, status }: Fields): Fields => ({
  role: 'tool',
  tool_call_id: toolUseId,
  content: partsOf(objects(content)),
  ...(status === 'error' && { is_error: true }),
})

/** An assistant turn as llmux itself would have returned it. */
function assistantOf(blocks: readonly Fields[]): Fields {
  const said = blocks.filter((block) => block.text !== undefined)
  const thoughts = blocks.flatMap(({ reasoningContent }) =>
    isObject(reasoningContent) ? [thoughtOf(reasoningContent)] : [],
  )
  const calls = blocks.flatMap(({ toolUse }) => (isObject(toolUse) ? [callOf(toolUse)] : []))
  const cited = blocks.some(({ citationsContent }) => isObject(citationsContent))
  return {
    role: 'assistant',
    content: cited ? blocks.map(wordsOf).join('') : said.length > 1 ? partsOf(said) : (said[0]?.text ?? null),
    ...(cited && { provider_specific_fields: { converse_content: blocks } }),
    ...(thoughts.length > 0 && { thinking_blocks: thoughts }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

const wordsOf = (block: Fields): string =>
  text(block.text) ??
  objects(object(block.citationsContent).content)
    .map((part) => text(part.text) ?? '')
    .join('')

function thoughtOf({ reasoningText, redactedContent }: Fields): Fields {
  if (isObject(reasoningText)) {
    return { type: 'thinking', thinking: reasoningText.text, signature: reasoningText.signature }
  }
  return { type: 'redacted_thinking', data: Buffer.from(text(redactedContent) ?? '', 'base64').toString('utf8') }
}

const callOf = ({ toolUseId, name, input }: Fields): Fields => ({
  id: toolUseId,
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
})

/** A cache point marks what stands before it; empty text before one is a recorder's stopgap. */
function partsOf(blocks: readonly Fields[]): Fields[] {
  const out: Fields[] = []
  for (const block of blocks) {
    const point = block.cachePoint
    if (!isObject(point)) {
      out.push(partOf(block))
      continue
    }
    if (filled(text(out.at(-1)?.text)?.trim()) === undefined && out.at(-1)?.type === 'text') out.pop()
    const last = out.at(-1)
    if (last) last.cache_control = { type: 'ephemeral', ...(point.ttl !== undefined && { ttl: point.ttl }) }
  }
  return out
}

function partOf(block: Fields): Fields {
  const { image, video, document, guardContent } = block
  if (block.text !== undefined) return { type: 'text', text: block.text }
  if (isObject(image)) {
    const url = `data:image/${text(image.format)};base64,${text(object(image.source).bytes)}`
    return { type: 'image_url', image_url: { url } }
  }
  if (isObject(video)) {
    const { bytes, s3Location } = object(video.source)
    const url = typeof bytes === 'string' ? `data:video/mp4;base64,${bytes}` : object(s3Location).uri
    return { type: 'video_url', video_url: { url } }
  }
  if (isObject(guardContent)) return { type: 'guarded_text', ...object(guardContent.text) }
  return isObject(document) ? documentOf(document) : block
}

function documentOf({ name, format, source, citations, context }: Fields): Fields {
  const { text: written, s3Location, bytes } = object(source)
  const cited = { ...(citations !== undefined && { citations }), ...(context !== undefined && { context }) }
  if (written !== undefined) {
    return { type: 'document', title: name, source: { type: 'text', data: written }, ...cited }
  }
  const where = isObject(s3Location) ? { file_id: s3Location.uri } : { file_data: bytes }
  return { type: 'file', file: { ...where, filename: name, format }, ...cited }
}

/** The turn of the model in a body, as its blocks. */
export const converseTurn = (body: Fields): unknown[] =>
  list(objects(body.messages).find(({ role }) => role === 'assistant')?.content)

import { camelCased, many, snakeCased } from '../wire/google-json.js'
import { type Fields, filled, isObject, object, text } from '../wire/json.js'
import { choiceOf, paramsOf, toolsOf } from './gemini-params.js'

/** A body of `generateContent` as an OpenAI-shaped request. Fields that OpenAI has no word for stay, in snake_case. */
export function chatFromGemini(recorded: Fields): Fields {
  const body = object(camelCased(recorded))
  const { systemInstruction, contents, tools, toolConfig, generationConfig, model: _, ...rest } = body
  return {
    messages: [...systemOf(systemInstruction), ...messagesOf(many(contents))],
    ...paramsOf({ ...object(generationConfig) }),
    ...toolsOf(many(tools)),
    ...choiceOf(object(toolConfig)),
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [snakeCased(key), value])),
  }
}

export const systemText = (instruction: unknown): string =>
  text(instruction) ??
  many(object(instruction).parts)
    .flatMap((part) => filled(part.text) ?? [])
    .join('\n')

const systemOf = (instruction: unknown): Fields[] => {
  const content = systemText(instruction)
  return content ? [{ role: 'system', content }] : []
}

interface OpenCall {
  readonly id: string
  readonly name: string
}

function messagesOf(turns: readonly Fields[]): Fields[] {
  const open: OpenCall[] = []
  let made = 0
  return merged(turns).flatMap((turn) => {
    if (turn.role !== 'model') return userOf(many(turn.parts), open)
    const calls = many(turn.parts).filter(({ functionCall }) => isObject(functionCall))
    const named = calls.map((part) => {
      const { id, name } = object(part.functionCall)
      const call = { id: filled(id) ?? `call_${made++}`, name: text(name) ?? '' }
      open.push(call)
      return { call, part }
    })
    return [assistantOf(many(turn.parts), named)]
  })
}

/** Turns of one role that follow each other are one. */
function merged(turns: readonly Fields[]): Fields[] {
  const out: Fields[] = []
  for (const turn of turns) {
    const last = out.at(-1)
    if (last && (last.role === 'model') === (turn.role === 'model'))
      last.parts = [...many(last.parts), ...many(turn.parts)]
    else out.push({ ...turn })
  }
  return out
}

/** An assistant turn as llmux itself would have returned it. */
function assistantOf(parts: readonly Fields[], calls: readonly { call: OpenCall; part: Fields }[]): Fields {
  const order = parts.filter((part) => !(part.text === '' && part.thoughtSignature === undefined))
  const texts = order.filter((part) => typeof part.text === 'string' && part.thought !== true)
  const thoughts = order.filter(({ thought }) => thought === true)
  const signed = texts.flatMap(({ thoughtSignature }) => filled(thoughtSignature) ?? [])
  const special = isSpecial(order, signed.length)
  const specific = special ? { content_parts: order } : signed[0] ? { thought_signature: signed[0] } : undefined
  return {
    role: 'assistant',
    content: texts.length > 0 ? texts.map((part) => text(part.text) ?? '').join('') : null,
    ...(calls.length > 0 && { tool_calls: calls.map(({ call, part }) => callOf(call, part)) }),
    ...(thoughts.length > 0 && { thinking_blocks: thoughts.map(thinkingOf) }),
    ...(specific && { provider_specific_fields: specific }),
  }
}

const callOf = ({ id, name }: OpenCall, { functionCall, thoughtSignature }: Fields): Fields => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(object(functionCall).args ?? {}) },
  ...(filled(thoughtSignature) && { provider_specific_fields: { thought_signature: thoughtSignature } }),
})

const thinkingOf = (part: Fields): Fields => ({
  type: 'thinking',
  thinking: part.text,
  ...(filled(part.thoughtSignature) && { signature: part.thoughtSignature }),
  format: 'google-gemini-v1',
})

/** Turns that are more than thoughts, then text, then calls. */
function isSpecial(parts: readonly Fields[], signedTexts: number): boolean {
  const rank = (part: Fields) => (part.functionCall !== undefined ? 2 : part.thought === true ? 0 : 1)
  const unordered = parts.some((part, at) => at > 0 && rank(part) < rank(parts[at - 1] ?? part))
  const own = ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse']
  return unordered || signedTexts > 1 || parts.some((part) => own.some((key) => part[key] !== undefined))
}

function userOf(parts: readonly Fields[], open: OpenCall[]): Fields[] {
  const results = parts.flatMap(({ functionResponse }) =>
    isObject(functionResponse) ? [resultOf(functionResponse, open)] : [],
  )
  const rest = parts.filter(({ functionResponse }) => !isObject(functionResponse)).map(partOf)
  return [...results, ...(rest.length > 0 ? [{ role: 'user', content: rest }] : [])]
}

function resultOf({ id, name, response, parts }: Fields, open: OpenCall[]): Fields {
  const exact = open.findIndex((call) => call.id === id)
  const [call] = open.splice(exact >= 0 ? exact : open.findIndex((one) => one.name === name), 1)
  const said = { type: 'text', text: JSON.stringify(response) }
  const files = many(parts).map(partOf)
  return {
    role: 'tool',
    tool_call_id: call?.id ?? 'nobody asked',
    content: files.length > 0 ? [said, ...files] : said.text,
  }
}

function partOf(part: Fields): Fields {
  const { inlineData, fileData, videoMetadata } = part
  if (typeof part.text === 'string') return { type: 'text', text: part.text }
  const video = videoMetadata === undefined ? {} : { video_metadata: videoMetadata }
  if (isObject(inlineData)) {
    const data = `data:${text(inlineData.mimeType)};base64,${text(inlineData.data)}`
    return { type: 'file', file: { file_data: data, ...video } }
  }
  if (!isObject(fileData)) return part
  const kind = filled(fileData.mimeType)
  return { type: 'file', file: { file_id: fileData.fileUri, ...(kind && { format: kind }), ...video } }
}

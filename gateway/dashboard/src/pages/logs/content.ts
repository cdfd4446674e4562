/** A turn of a stored conversation, or a piece of other content. */
export interface Turn {
  /** `system`, `user`, `assistant`, `tool`, or `input` of operations without a conversation. */
  readonly role: string
  readonly text: string
  /** Images and files, which are not shown. */
  readonly attachments: number
  readonly tools: readonly { readonly name: string; readonly input: string }[]
}

type Json = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The characters of content that was too long to be stored. */
export function lengthOfOmitted(content: object): number | undefined {
  const { truncated, characters } = content as { truncated?: unknown; characters?: unknown }
  return truncated === true && typeof characters === 'number' ? characters : undefined
}

/** The turns of a stored request. Empty if it has none that can be read. */
export function turnsOfRequest(request: object): readonly Turn[] {
  const { messages, input, prompt, system, instructions, query, documents } = request as Json
  const head = [system, instructions].flatMap((text) => turnOf({ role: 'system', content: text }))
  if (Array.isArray(messages)) return [...head, ...messages.flatMap(turnOf)]
  const rest = input ?? prompt ?? query
  const turns = (Array.isArray(rest) ? rest : [rest]).flatMap((item) =>
    isMap(item) ? turnOf(item) : turnOf({ role: 'input', content: item }),
  )
  return [...head, ...turns, ...listOf(documents).flatMap((text) => turnOf({ role: 'document', content: text }))]
}

/** The turns of a stored answer: those of its choices, or of its output. */
export function turnsOfAnswer(answer: object): readonly Turn[] {
  const { choices, output, content, role } = answer as Json
  if (Array.isArray(choices))
    return choices.flatMap((choice) =>
      isMap(choice) ? turnOf(choice.message ?? { role: 'assistant', content: choice.text }) : [],
    )
  if (Array.isArray(output)) return output.flatMap(turnOf)
  return content === undefined ? [] : turnOf({ role: role ?? 'assistant', content })
}

function turnOf(message: unknown): Turn[] {
  if (!isMap(message)) return []
  const parts = Array.isArray(message.content) ? message.content : [message.content]
  const texts: string[] = []
  const tools = listOf(message.tool_calls).flatMap(toolOf)
  let attachments = 0
  for (const part of parts) {
    if (typeof part === 'string') texts.push(part)
    else if (!isMap(part)) continue
    else if (typeof part.text === 'string') texts.push(part.text)
    else if (part.type === 'tool_use') tools.push(...toolOf(part))
    else if (part.type === 'tool_result') texts.push(textOf(part.content))
    else attachments++
  }
  if (message.type === 'function_call') tools.push(...toolOf(message))
  if (message.type === 'function_call_output') texts.push(textOf(message.output))
  const text = texts.filter((one) => one !== '').join('\n\n')
  if (text === '' && attachments === 0 && tools.length === 0) return []
  const role = typeof message.role === 'string' ? message.role : tools.length > 0 ? 'assistant' : 'tool'
  return [{ role, text, attachments, tools }]
}

function toolOf(call: unknown): { readonly name: string; readonly input: string }[] {
  if (!isMap(call)) return []
  const { name, arguments: given, input } = isMap(call.function) ? { ...call, ...call.function } : call
  return typeof name === 'string' ? [{ name, input: textOf(given ?? input ?? {}) }] : []
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))

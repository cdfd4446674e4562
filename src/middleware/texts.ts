import type { MiddlewareOperation } from '../types/middleware.js'

/** Changes one text. `json` is true for texts that are part of a JSON document, such as the arguments of a tool call. */
export type ChangeText = (text: string, json: boolean) => string

/** Parts of a request that a user or a model wrote, over all operations. */
const written: ReadonlySet<string> = new Set([
  ...['messages', 'system', 'instructions', 'input', 'contents', 'systemInstruction', 'system_instruction', 'prompt'],
  ...['query', 'documents', 'prediction', 'prompt_variables'],
])

/** Fields whose text has a meaning for programs, or is signed. */
const kept: ReadonlySet<string> = new Set([
  ...['role', 'type', 'id', 'tool_call_id', 'call_id', 'tool_use_id', 'item_id', 'model', 'object', 'status'],
  ...['signature', 'thoughtSignature', 'thought_signature', 'encrypted_content', 'thinking_blocks', 'finish_reason'],
  ...['url', 'image_url', 'file_id', 'file_data', 'data', 'fileUri', 'format', 'detail', 'mimeType', 'mime_type'],
  ...['media_type', 'input_audio', 'audio', 'cache_control', 'provider_specific_fields', 'meta', 'usage', 'name'],
])

/** Blocks of reasoning that must return to the provider unchanged. */
const sealed: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking'])

/** Fields with JSON as text. */
const jsonFields: ReadonlySet<string> = new Set(['arguments', 'partial_json'])

/** A request with changed texts. The given one stays as it is. */
export function changeRequest<Request extends object>(request: Request, change: ChangeText): Request {
  const changed = { ...request } as Record<string, unknown>
  for (const name of Object.keys(changed)) if (written.has(name)) changed[name] = changeTexts(changed[name], change)
  return changed as Request
}

/** A copy of an answer, an event or a part of a request with changed texts. */
export function changeTexts<Value>(value: Value, change: ChangeText, json = false): Value {
  if (typeof value === 'string') return change(value, json) as Value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one) => changeTexts(one, change, json)) as Value
  const prototype: unknown = Object.getPrototypeOf(value)
  // a Date in a parsed answer, for one
  if (prototype !== Object.prototype && prototype !== null) return value
  const fields = value as Readonly<Record<string, unknown>>
  if (sealed.has(fields.type)) return value
  const changed: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(fields)) {
    changed[name] = kept.has(name) ? one : changeTexts(one, change, json || jsonFields.has(name))
  }
  return changed as Value
}

/** Whether the operation answers with text. */
export const writesText = (operation: MiddlewareOperation): boolean =>
  operation === 'chat' || operation === 'responses' || operation === 'messages' || operation === 'generateContent'

/** The texts of a value, in order. */
export function textsIn(value: unknown): string[] {
  const texts: string[] = []
  changeTexts(value, (text) => {
    texts.push(text)
    return text
  })
  return texts
}

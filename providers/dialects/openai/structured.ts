import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext } from '../../contract.js'
import { jsonInstruction } from '../../instruction.js'
import type { Report } from '../../report.js'
import { isFields } from './kit.js'
import { modelFacts } from './models.js'
import type { OpenAIQuirks } from './quirks.js'

type Body = Record<string, unknown>

/**
 * `response_format` at hosts and models that have no schemas: their JSON mode, where they have one, with the schema in the
 * instructions. A forced call would do as well, but it would take the caller's own tools away, and half of these models call none.
 */
export function fitFormat(
  format: ChatParams['response_format'] | null,
  body: Body,
  { quirks, model }: EncodeContext<OpenAIQuirks>,
  report: Report,
): void {
  if (!isFields(format)) return
  const has = quirks.openaiModels ? modelFacts(model).formats : quirks.formats
  if (has === 'schema' || (has === 'object' && format.type === 'json_object')) return
  const why = has === 'object' ? 'There is a JSON mode here, and it takes no schema' : 'There is no JSON mode here'
  const instruction = jsonInstruction(format, why, report)
  if (instruction === undefined) return
  if (has === 'object') body.response_format = { type: 'json_object' }
  else delete body.response_format
  body.messages = instructed(body.messages as readonly unknown[], instruction)
}

/** At the end of the instructions that stand in front, or as such. */
function instructed(messages: readonly unknown[], instruction: string): unknown[] {
  const [first, ...rest] = messages
  if (!isFields(first) || (first.role !== 'system' && first.role !== 'developer')) {
    return [{ role: 'system', content: instruction }, ...messages]
  }
  const { content } = first
  const all = Array.isArray(content)
    ? [...content, { type: 'text', text: instruction }]
    : `${String(content)}\n\n${instruction}`
  return [{ ...first, content: all }, ...rest]
}

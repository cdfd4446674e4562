import type { AssistantMessage, Message } from '../../../src/types/messages.js'
import { type Fields, fieldsIn, isFields, textIn } from '../../fields.js'
import { argumentsText } from '../../shared/calls.js'
import { checkHistory, checkMessages } from '../openai/messages.js'
import { compactionOf, reportDropped } from '../openai/replay.js'
import { reportMark } from '../openai/scope.js'
import { newIds } from '../openai/tools.js'
import { encodePart, plainText } from './content.js'
import { callId, gap, textOf } from './decode.js'
import type { EncodeScope } from './scope.js'

/**
 * A history as items of input. https://platform.openai.com/docs/guides/conversation-state
 * @throws {BadRequestError} naming the message that is invalid
 */
export function inputOf(messages: readonly Message[], scope: EncodeScope): Fields[] {
  checkMessages(messages, scope.report)
  if (scope.context.quirks.strictHistory) checkHistory(messages, scope.report)
  const writer = new InputWriter(messages, scope)
  for (const [index, message] of messages.entries()) writer.add(message, index)
  return writer.input
}

/** Longest id of a call; Chat Completions accept less. */
const longestId = 64

/** Writes messages as items. */
class InputWriter {
  readonly input: Fields[] = []
  readonly #scope: EncodeScope
  readonly #ids: ReadonlyMap<string, string> | undefined
  /** Ids of calls with free text as their input: their results have a type of their own. */
  readonly #custom = new Set<string>()
  /** The id of the latest call in the old form, which has none. */
  #functionCall = ''

  constructor(messages: readonly Message[], scope: EncodeScope) {
    this.#scope = scope
    this.#ids = newIds(messages, 'short')
  }

  add(message: Message, index: number): void {
    const { report } = this.#scope
    if ('cache_control' in message && message.cache_control) reportMark(report)
    if ('name' in message && message.name && message.role !== 'function') {
      report.dropped(`messages[${index}].name`, 'Left out: messages of the Responses API have no name.')
    }
    switch (message.role) {
      case 'assistant':
        this.#assistant(message, index)
        return
      case 'tool': {
        const id = this.#id(message.tool_call_id)
        const type = this.#custom.has(id) ? 'custom_tool_call_output' : 'function_call_output'
        this.input.push({ type, call_id: id, output: this.#content(message.content, index) })
        return
      }
      case 'function':
        this.input.push({
          type: 'function_call_output',
          call_id: this.#functionCall || `call_${index}`,
          output: message.content ?? '',
        })
        return
      default:
        this.input.push({ role: message.role, content: this.#content(message.content, index) })
    }
  }

  #id(id: string): string {
    return id.length > longestId ? (this.#ids?.get(id) ?? id) : id
  }

  #content(content: unknown, index: number): string | Fields[] {
    if (!Array.isArray(content)) return typeof content === 'string' ? content : ''
    const parts = content.flatMap((part, at): Fields[] => {
      const sent = encodePart(part, `messages[${index}].content[${at}]`, this.#scope)
      return sent ? [sent] : []
    })
    return parts.length > 0 ? parts : ''
  }

  #assistant(message: AssistantMessage, index: number): void {
    const kept = this.#replay(message)
    if (kept) {
      for (const item of kept) if (item.type === 'custom_tool_call') this.#custom.add(callId(item))
      this.input.push(...kept)
      return
    }
    const summary = compactionOf(message, index, this.#scope.report)
    if (summary) this.input.push(summary)
    reportDropped(message, undefined, index, this.#scope.report)
    const text = plainText(message.content) || refusalIn(message)
    if (text) this.input.push({ role: 'assistant', content: text })
    for (const [at, call] of (message.tool_calls ?? []).entries())
      this.#call(call, `messages[${index}].tool_calls[${at}]`, index)
    const old = message.function_call
    if (old) {
      this.#functionCall = `call_${index}`
      this.input.push({
        type: 'function_call',
        call_id: this.#functionCall,
        name: this.#name(old.name),
        arguments: old.arguments || '{}',
      })
    }
  }

  #call(call: unknown, where: string, index: number): void {
    if (!isFields(call)) throw this.#scope.report.invalid(where, 'must be an object', call)
    const id = this.#id(textIn(call, 'id') ?? '')
    if (isFields(call.custom)) {
      this.#custom.add(id)
      const { name, input } = call.custom
      this.input.push({ type: 'custom_tool_call', call_id: id, name: this.#name(name), input })
      return
    }
    const fn = isFields(call.function) ? call.function : {}
    this.input.push({
      type: 'function_call',
      call_id: id,
      name: this.#name(fn.name),
      arguments: argumentsText(fn.arguments, where, index, this.#scope.report),
    })
  }

  #name(name: unknown): unknown {
    const { names } = this.#scope
    return names && typeof name === 'string' ? names.wire(name) : name
  }

  /**
   * The items of an earlier answer, unchanged: if they are this provider's, the message is still the same, and the provider can read their
   * reasoning again (it is encrypted in them, or stored).
   */
  #replay(message: AssistantMessage): Fields[] | undefined {
    const { output_items: raw, output_items_of: owner } = message.provider_specific_fields ?? {}
    const items = fieldsIn(raw)
    const { context, stored } = this.#scope
    if (items.length === 0 || owner !== context.provider) return undefined
    const readable = items.every((item) => item.type !== 'reasoning' || stored || textIn(item, 'encrypted_content'))
    return readable && agrees(items, message) ? items.map(asInput) : undefined
  }
}

/** Whether items match their message, which the caller may have edited. */
function agrees(items: readonly Fields[], message: AssistantMessage): boolean {
  const calls = items.filter(({ type }) => type === 'function_call' || type === 'custom_tool_call')
  const given = message.tool_calls ?? []
  const text = plainText(message.content)
  return (
    (text === joined(items) || text === joined(items.filter(({ phase }) => phase !== 'commentary'))) &&
    calls.length === given.length &&
    calls.every((item, at) => callId(item) === given[at]?.id && written(item) === argumentsOf(given[at]))
  )
}

const joined = (items: readonly Fields[]): string =>
  items
    .map((item) => (item.type === 'message' ? textOf(item) : ''))
    .filter(Boolean)
    .join(gap)

const written = (item: Fields) =>
  item.type === 'custom_tool_call' ? textIn(item, 'input') : textIn(item, 'arguments') || '{}'
const argumentsOf = (call: NonNullable<AssistantMessage['tool_calls']>[number] | undefined) =>
  call?.type === 'custom' ? call.custom.input : call?.function?.arguments || '{}'

/** `status` is a field of answers: some hosts refuse it on reasoning items that come back. */
function asInput(item: Fields): Fields {
  if (item.type !== 'reasoning' || !('status' in item)) return item
  const { status: _, ...rest } = item
  return rest
}

const refusalIn = ({ refusal, content }: AssistantMessage): string =>
  refusal ||
  fieldsIn(content)
    .map((part) => (part.type === 'refusal' ? (textIn(part, 'refusal') ?? '') : ''))
    .join('')

import type { AssistantMessage, Message } from '../../../src/types/messages.js'
import type { EncodeContext } from '../../contract.js'
import type { Report } from '../../report.js'
import { checkHistory, checkMessage } from '../openai/history.js'
import { reportLost } from '../openai/lost.js'
import { newIds } from '../openai/tool-ids.js'
import { partOf, plainText } from './content.js'
import { type Fields, fieldsIn, gap, isFields, textIn } from './kit.js'
import { callId, textOf } from './output.js'
import type { ResponsesQuirks } from './quirks.js'

/** What the translation of messages needs. */
export interface MessageKit {
  readonly context: EncodeContext<ResponsesQuirks>
  readonly report: Report
  /** Whether the provider keeps the answers: only then it knows items by their ids. */
  readonly stored: boolean
}

/**
 * A history as items of input. https://platform.openai.com/docs/guides/conversation-state
 * @throws {BadRequestError} naming the message, where it is none or its history can't be
 */
export function inputOf(messages: readonly Message[], kit: MessageKit): Fields[] {
  const { report } = kit
  if (!Array.isArray(messages) || messages.length === 0) {
    throw report.invalid(
      'messages',
      "it is a list with at least one message, such as { role: 'user', content: 'Hello' }",
    )
  }
  for (const [index, message] of messages.entries()) checkMessage(message, index, report)
  if (kit.context.quirks.strictHistory) checkHistory(messages, report)
  const turn = new Turns(messages, kit)
  for (const [index, message] of messages.entries()) turn.add(message, index)
  return turn.input
}

/** OpenAI takes longer ids of calls here than in Chat Completions. */
const longestId = 64

class Turns {
  readonly input: Fields[] = []
  readonly #kit: MessageKit
  readonly #ids: ReadonlyMap<string, string> | undefined
  /** The calls of tools whose input is free text: their results have a type of their own. */
  readonly #custom = new Set<string>()
  /** The last call in the old way, which had no ids. */
  #functionCall = ''

  constructor(messages: readonly Message[], kit: MessageKit) {
    this.#kit = kit
    this.#ids = newIds(messages, 'short')
  }

  add(message: Message, index: number): void {
    const { report } = this.#kit
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
      const sent = partOf(part, `messages[${index}].content[${at}]`, this.#kit.report)
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
    reportLost(message, undefined, index, this.#kit.report)
    const text = plainText(message.content) || refusalIn(message)
    if (text) this.input.push({ role: 'assistant', content: text })
    for (const [at, call] of (message.tool_calls ?? []).entries())
      this.#call(call, `messages[${index}].tool_calls[${at}]`)
    const old = message.function_call
    if (old) {
      this.#functionCall = `call_${index}`
      this.input.push({ type: 'function_call', call_id: this.#functionCall, name: old.name, arguments: old.arguments })
    }
  }

  #call(call: unknown, where: string): void {
    if (!isFields(call)) throw this.#kit.report.invalid(where, 'a tool call is an object')
    const id = this.#id(textIn(call, 'id') ?? '')
    if (isFields(call.custom)) {
      this.#custom.add(id)
      const { name, input } = call.custom
      this.input.push({ type: 'custom_tool_call', call_id: id, name, input })
      return
    }
    const fn = isFields(call.function) ? call.function : {}
    this.input.push({ type: 'function_call', call_id: id, name: fn.name, arguments: fn.arguments })
  }

  /**
   * The items of an earlier answer, as they were: where they are this provider's, the message still says what they say, and
   * their reasoning can be read again (it is encrypted in them, or the provider has kept it).
   */
  #replay(message: AssistantMessage): Fields[] | undefined {
    const { output_items: raw, output_items_of: owner } = message.provider_specific_fields ?? {}
    const items = fieldsIn(raw)
    const { context, stored } = this.#kit
    if (items.length === 0 || owner !== context.provider) return undefined
    const readable = items.every((item) => item.type !== 'reasoning' || stored || textIn(item, 'encrypted_content'))
    return readable && agrees(items, message) ? items.map(asInput) : undefined
  }
}

function agrees(items: readonly Fields[], message: AssistantMessage): boolean {
  const text = items
    .map((item) => (item.type === 'message' ? textOf(item) : ''))
    .filter(Boolean)
    .join(gap)
  const calls = items.filter(({ type }) => type === 'function_call' || type === 'custom_tool_call')
  const given = message.tool_calls ?? []
  return (
    text === plainText(message.content) &&
    calls.length === given.length &&
    calls.every((item, at) => callId(item) === given[at]?.id && written(item) === argumentsOf(given[at]))
  )
}

const written = (item: Fields) => textIn(item, item.type === 'custom_tool_call' ? 'input' : 'arguments')
const argumentsOf = (call: NonNullable<AssistantMessage['tool_calls']>[number] | undefined) =>
  call?.type === 'custom' ? call.custom.input : call?.function?.arguments

/** `status` belongs to answers: some hosts refuse it in a reasoning that comes back. */
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

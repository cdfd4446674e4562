import type { Message } from '../../../src/types/messages.js'
import { assistantParts, type CallInHistory, callsOf } from './assistant.js'
import { partsOf } from './content.js'
import type { Kit } from './kit.js'
import { resultOf } from './results.js'
import { arrangeTurns, type Entry } from './turns.js'
import { isFields, type Part, type Turn } from './wire.js'

export interface Conversation {
  readonly system: Part[]
  readonly turns: Turn[]
}

/**
 * The history in Gemini's terms: instructions apart, user and model by turns, the results of all calls of a turn right after it.
 * What is merely untidy is repaired and reported; what can't be told is refused, naming the message.
 * https://ai.google.dev/gemini-api/docs/text-generation
 * https://ai.google.dev/gemini-api/docs/function-calling
 */
export function encodeMessages(messages: readonly Message[], kit: Kit): Conversation {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw kit.report.invalid('messages', 'is empty: give at least one user message.')
  }
  const history = new History(kit)
  for (const [index, message] of messages.entries()) history.add(message, index)
  return history.end()
}

interface OpenCall extends CallInHistory {
  readonly entry: Entry
}

class History {
  readonly #kit: Kit
  readonly #system: Part[] = []
  readonly #entries: Entry[] = []
  #open: OpenCall[] = []
  readonly #answered = new Set<string>()

  constructor(kit: Kit) {
    this.#kit = kit
  }

  add(message: Message, index: number): void {
    const { report } = this.#kit
    const where = `messages[${index}]`
    if (!isFields(message)) throw report.invalid(where, 'is not a message.')
    if (message.name && message.role !== 'tool' && message.role !== 'function') {
      report.dropped(`${where}.name`, 'Gemini knows no names of speakers: write them into the text.')
    }
    switch (message.role) {
      case 'system':
      case 'developer': {
        const parts = partsOf(message.content, where, this.#kit)
        if (this.#entries.length === 0) this.#system.push(...parts)
        else if (parts.length > 0) this.#push('system', parts, index)
        return
      }
      case 'user': {
        const parts = partsOf(message.content, where, this.#kit)
        if (parts.length > 0) this.#push('user', parts, index)
        else report.repaired(index, `${where}: the message is empty and was left out.`)
        return
      }
      case 'assistant': {
        const calls = callsOf(message, index, this.#kit)
        const parts = assistantParts(message, calls, index, this.#kit)
        if (parts.length === 0) return report.repaired(index, `${where}: the message is empty and was left out.`)
        const entry = this.#push('model', parts, index)
        this.#open.push(...calls.map((call) => ({ ...call, entry })))
        return
      }
      case 'tool':
        return this.#answer(this.#find(message.tool_call_id, where), message, index)
      case 'function': {
        const call = this.#open.find(({ id, name }) => id === undefined && name === message.name)
        if (!call)
          throw report.invalid(where, `answers the function '${message.name}', which no earlier message calls.`)
        return this.#answer(call, message, index)
      }
      default: {
        const role = String((message as { role?: unknown }).role)
        throw report.invalid(where, `has the role '${role}': use system, developer, user, assistant or tool.`)
      }
    }
  }

  end(): Conversation {
    const [open] = this.#open
    if (open) {
      throw this.#kit.report.invalid(
        open.where,
        `calls '${open.name}'${open.id === undefined ? '' : ` (${open.id})`}, and no later message answers it: add its tool message.`,
      )
    }
    return { system: this.#system, turns: arrangeTurns(this.#entries, this.#system, this.#kit) }
  }

  #push(role: Entry['role'], parts: Part[], index: number): Entry {
    const entry: Entry = { role, parts, results: [], after: [], index }
    this.#entries.push(entry)
    return entry
  }

  #find(id: unknown, where: string): OpenCall {
    const { report } = this.#kit
    if (typeof id !== 'string' || id === '') throw report.invalid(where, "is a tool message without 'tool_call_id'.")
    const call = this.#open.find((open) => open.id === id)
    if (call) return call
    throw report.invalid(
      where,
      this.#answered.has(id)
        ? `answers the tool call '${id}' a second time.`
        : `answers the tool call '${id}', which no earlier assistant message makes.`,
    )
  }

  #answer(call: OpenCall, message: Extract<Message, { role: 'tool' | 'function' }>, index: number): void {
    const where = `messages[${index}]`
    const failed = message.role === 'tool' && message.is_error === true
    const { part, after } = resultOf(call, message.content, failed, where, this.#kit)
    if (this.#entries.at(-1) !== call.entry) {
      this.#kit.report.repaired(index, `${where}: the tool result was moved up, to stand right after its call.`)
    }
    call.entry.results.push(part)
    call.entry.after.push(...after)
    this.#open = this.#open.filter((open) => open !== call)
    if (call.id !== undefined) this.#answered.add(call.id)
  }
}

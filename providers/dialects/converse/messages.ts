import type { AssistantMessage, CacheControl, Message, ToolMessage } from '../../../src/types/messages.js'
import { type CallInHistory, callsOf } from '../anthropic/assistant.js'
import { assistantBlocks, callsInContent } from './assistant.js'
import { asClaude } from './claude.js'
import { cachePoint, partsToBlocks } from './content.js'
import type { Kit } from './kit.js'
import { resultBlocks } from './results.js'
import { arrangeTurns, type Entry } from './turns.js'
import { type Block, isFields, type Turn } from './wire.js'

export interface Conversation {
  readonly system: Block[]
  readonly turns: Turn[]
}

/**
 * The history in Converse's terms: instructions apart, user and assistant turns by turns, every tool result right after its call.
 * What is merely untidy is repaired and reported; what can't be told is refused, naming the message.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
export function encodeMessages(messages: readonly Message[], kit: Kit): Conversation {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw kit.report.bad('messages', 'is empty: give at least one user message.')
  }
  const history = new History(kit)
  for (const [index, message] of messages.entries()) history.add(message, index, index === messages.length - 1)
  return history.end()
}

interface OpenCall extends CallInHistory {
  readonly wireId: string
  readonly entry: Entry
}

class History {
  readonly #kit: Kit
  readonly #system: Block[] = []
  readonly #entries: Entry[] = []
  #open: OpenCall[] = []
  readonly #answered = new Set<string>()
  readonly #wireIds = new Set<string>()

  constructor(kit: Kit) {
    this.#kit = kit
  }

  add(message: Message, index: number, last: boolean): void {
    const where = `messages[${index}]`
    if (!isFields(message)) throw this.#kit.report.bad(where, 'is not a message.')
    if (message.name && message.role !== 'tool' && message.role !== 'function') {
      this.#kit.report.dropped(`${where}.name`, 'Converse knows no names of speakers: write them into the text.')
    }
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#addSystem(partsToBlocks(message.content, where, this.#kit), message.cache_control, index)
      case 'user':
        return this.#addUser(message.content, message.cache_control, index, last)
      case 'assistant':
        return this.#addAssistant(message, index)
      case 'tool': {
        const call = this.#find(message.tool_call_id, where)
        const mark = { isError: message.is_error === true, cacheControl: message.cache_control }
        return this.#answer(call, resultBlocks(call.wireId, message.content, mark, where, this.#kit), index)
      }
      case 'function': {
        const call = this.#open.find(({ id, name }) => id === undefined && name === message.name)
        if (!call)
          throw this.#kit.report.bad(where, `answers the function '${message.name}', which no earlier message calls.`)
        return this.#answer(call, resultBlocks(call.wireId, message.content, {}, where, this.#kit), index)
      }
      default:
        throw this.#kit.report.bad(
          where,
          `has the role '${String((message as { role?: unknown }).role)}': use system, developer, user, assistant or tool.`,
        )
    }
  }

  end(): Conversation {
    const [open] = this.#open
    if (open) {
      throw this.#kit.report.bad(
        open.where,
        `calls '${open.name}'${open.id === undefined ? '' : ` (${open.id})`}, and no later message answers it: add its tool message.`,
      )
    }
    return { system: this.#system, turns: arrangeTurns(this.#entries, this.#system, this.#kit) }
  }

  #addSystem(blocks: Block[], cacheControl: ToolMessage['cache_control'], index: number): void {
    if (cacheControl) cachePoint(blocks, cacheControl, `messages[${index}]`, this.#kit)
    if (this.#entries.length === 0) this.#system.push(...blocks)
    else if (blocks.length > 0) this.#entries.push({ role: 'system', blocks, results: [], index })
  }

  #addUser(content: unknown, cacheControl: ToolMessage['cache_control'], index: number, last: boolean): void {
    const where = `messages[${index}]`
    let answers = 0
    const rest = Array.isArray(content)
      ? content.filter((part: unknown, position) => {
          if (!isFields(part) || part.type !== 'tool_result') return true
          answers++
          const place = `${where}.content[${position}]`
          const call = this.#find(part.tool_use_id, place)
          const mark = { isError: part.is_error === true, cacheControl: part.cache_control as CacheControl }
          this.#answer(call, resultBlocks(call.wireId, part.content, mark, place, this.#kit), index)
          return false
        })
      : content
    const blocks = partsToBlocks(rest, where, this.#kit)
    if (cacheControl) cachePoint(blocks, cacheControl, where, this.#kit)
    if (blocks.length > 0) {
      this.#entries.push({ role: 'user', blocks, results: [], index })
    } else if (last && !this.#entries.at(-1)?.results.length) {
      // where all of it was refused, that is the better error
      this.#kit.report.settle()
      throw this.#kit.report.bad(where, 'has no text, and it is what the model shall answer.')
    } else if (answers === 0) {
      this.#kit.report.repaired(index, `${where}: the message is empty and was left out.`)
    }
  }

  #addAssistant(message: AssistantMessage, index: number): void {
    const entry: Entry = { role: 'assistant', blocks: [], results: [], index }
    const calls = callsOf(message, index, asClaude(this.#kit))
    // calls may also stand in the content, as Anthropic's blocks
    for (const call of callsInContent(message)) {
      if (!calls.some(({ id }) => id === call.id)) calls.push({ ...call, where: `messages[${index}].content` })
    }
    const toolUses = calls.map((call) => this.#call(call, entry))
    entry.blocks = assistantBlocks(message, toolUses, index, this.#kit)
    if (entry.blocks.length > 0) this.#entries.push(entry)
    else this.#kit.report.repaired(index, `messages[${index}]: the message is empty and was left out.`)
  }

  /** Notes a call as open, under an id that no other call of the history has. */
  #call(call: CallInHistory, entry: Entry): Block {
    const { ids, names } = this.#kit
    const wanted = call.id === undefined ? `call_${names.wire(call.name)}`.slice(0, 60) : ids.wire(call.id)
    // some servers count their calls anew in every turn
    const wireId = this.#wireIds.has(wanted) || call.id === undefined ? ids.unused(wanted) : wanted
    this.#wireIds.add(wireId)
    this.#open.push({ ...call, wireId, entry })
    return { toolUse: { toolUseId: wireId, name: names.wire(call.name), input: call.input } }
  }

  #find(id: unknown, where: string): OpenCall {
    if (typeof id !== 'string' || id === '')
      throw this.#kit.report.bad(where, "is a tool message without 'tool_call_id'.")
    const call = this.#open.find((open) => open.id === id)
    if (call) return call
    throw this.#kit.report.bad(
      where,
      this.#answered.has(id)
        ? `answers the tool call '${id}' a second time.`
        : `answers the tool call '${id}', which no earlier assistant message makes.`,
    )
  }

  #answer(call: OpenCall, blocks: readonly Block[], index: number): void {
    if (this.#entries.at(-1) !== call.entry) {
      this.#kit.report.repaired(
        index,
        `messages[${index}]: the tool result was moved up, to stand right after its call.`,
      )
    }
    call.entry.results.push(...blocks)
    this.#open = this.#open.filter((open) => open !== call)
    if (call.id !== undefined) this.#answered.add(call.id)
  }
}

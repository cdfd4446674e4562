import type { Message, ToolMessage } from '../../../src/types/messages.js'
import { assistantBlocks, type CallInHistory, callsOf } from './assistant.js'
import { markLast, partsToBlocks } from './content.js'
import type { Kit } from './kit.js'
import { arrangeTurns, type Entry } from './turns.js'
import { type Block, isBlock, isFields, type Turn } from './wire.js'

export interface Conversation {
  readonly system: Block[]
  readonly turns: Turn[]
}

/**
 * The history in Anthropic's terms: instructions apart, user and assistant turns by turns, every tool result right after
 * its call. What is merely untidy is repaired and reported; what can't be told is refused, naming the message.
 * https://platform.claude.com/docs/en/build-with-claude/working-with-messages
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
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
      this.#kit.report.dropped(`${where}.name`, 'Claude knows no names of speakers: write them into the text.')
    }
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#addSystem(partsToBlocks(message.content, where, this.#kit), message.cache_control, index)
      case 'user':
        return this.#addUser(message.content, message.cache_control, index, last)
      case 'assistant':
        return this.#addAssistant(message, index)
      case 'tool':
        return this.#addResult(message, index)
      case 'function': {
        const call = this.#open.find(({ id, name }) => id === undefined && name === message.name)
        if (!call)
          throw this.#kit.report.bad(where, `answers the function '${message.name}', which no earlier message calls.`)
        return this.#answer(call, resultBlock(call.wireId, partsToBlocks(message.content, where, this.#kit)), index)
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
    markLast(blocks, cacheControl)
    if (this.#entries.length === 0) this.#system.push(...blocks)
    else if (blocks.length > 0) this.#entries.push({ role: 'system', blocks, results: [], index })
  }

  #addUser(content: unknown, cacheControl: ToolMessage['cache_control'], index: number, last: boolean): void {
    const where = `messages[${index}]`
    const blocks: Block[] = []
    for (const block of partsToBlocks(content, where, this.#kit)) {
      const call = block.type === 'tool_result' ? this.#find(block.tool_use_id, where) : undefined
      if (call) this.#answer(call, { ...block, tool_use_id: call.wireId }, index)
      else blocks.push(block)
    }
    markLast(blocks, cacheControl)
    if (blocks.length > 0) {
      this.#entries.push({ role: 'user', blocks, results: [], index })
    } else if (last && !this.#entries.at(-1)?.results.length) {
      // where all of it was refused, that is the better error
      this.#kit.report.settle()
      throw this.#kit.report.bad(where, 'has no text, and it is what Claude shall answer.')
    } else if (!hasResults(content)) {
      this.#kit.report.repaired(index, `${where}: the message is empty and was left out.`)
    }
  }

  #addAssistant(message: Extract<Message, { role: 'assistant' }>, index: number): void {
    const entry: Entry = { role: 'assistant', blocks: [], results: [], index }
    const toolUses = callsOf(message, index, this.#kit).map((call) => this.#call(call, entry))
    const blocks = assistantBlocks(message, toolUses, index, this.#kit)
    // calls may also stand in the content, as blocks of Anthropic's own
    entry.blocks = blocks.map((block, position) => {
      if (block.type !== 'tool_use' || toolUses.some(({ id }) => id === block.id)) return block
      const where = `messages[${index}].content[${position}]`
      const input = isFields(block.input) ? block.input : {}
      return { ...block, ...this.#call({ id: String(block.id), name: String(block.name), input, where }, entry) }
    })
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
    return { type: 'tool_use', id: wireId, name: names.wire(call.name), input: call.input }
  }

  #addResult(message: ToolMessage, index: number): void {
    const where = `messages[${index}]`
    const call = this.#find(message.tool_call_id, where)
    const content = partsToBlocks(message.content, where, this.#kit)
    const block = resultBlock(call.wireId, content)
    if (message.is_error) block.is_error = true
    if (message.cache_control) block.cache_control = message.cache_control
    this.#answer(call, block, index)
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

  #answer(call: OpenCall, result: Block, index: number): void {
    if (this.#entries.at(-1) !== call.entry) {
      this.#kit.report.repaired(
        index,
        `messages[${index}]: the tool result was moved up, to stand right after its call.`,
      )
    }
    call.entry.results.push(result)
    this.#open = this.#open.filter((open) => open !== call)
    if (call.id !== undefined) this.#answered.add(call.id)
  }
}

function resultBlock(id: string, content: Block[]): Block {
  const [only] = content
  if (!only) return { type: 'tool_result', tool_use_id: id }
  const plain = content.length === 1 && only.type === 'text' && Object.keys(only).length === 2
  return { type: 'tool_result', tool_use_id: id, content: plain ? only.text : content }
}

const hasResults = (content: unknown): boolean =>
  Array.isArray(content) && content.some((part) => isBlock(part) && part.type === 'tool_result')

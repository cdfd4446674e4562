import type { AssistantMessage, CacheControl, Message } from '../../src/types/messages.js'
import { isFields } from '../fields.js'
import type { Report } from '../report.js'
import type { Aliases } from './aliases.js'
import type { CallInHistory } from './calls.js'

/** A message of the history, translated. */
export interface Entry<Block> {
  readonly role: 'user' | 'assistant' | 'system'
  blocks: Block[]
  /** What answers the calls of an assistant message: sent first in the user turn that follows it. */
  readonly results: Block[]
  /** Its place in the caller's messages. */
  readonly index: number
}

/** A call as it is sent. */
export type WireCall = Pick<CallInHistory, 'name' | 'input'> & { readonly id: string }

/** What a tool gave back, in a tool message or in a `tool_result` block. */
export interface ToolResult {
  readonly content?: unknown
  readonly is_error?: unknown
  readonly cache_control?: unknown
}

/** Answers the call of that id with the blocks that are made of the id as it is sent. */
export type Answer<Block> = (id: unknown, where: string, make: (wireId: string) => Block[]) => void

interface HistoryScope {
  readonly report: Report
  readonly names: Aliases
  readonly ids: Aliases
}

/** How an API whose calls and results are blocks says what stands in a history. */
export interface HistoryWriter<Block, EncodeScope> {
  /** Who takes no names of speakers, and who shall answer: for messages. */
  readonly api: string
  readonly model: string
  parts(content: unknown, where: string, scope: EncodeScope): Block[]
  /** The blocks of a user message, without the results among them: those answer their calls. */
  user(content: unknown, where: string, answer: Answer<Block>, scope: EncodeScope): Block[]
  /** The blocks of an assistant message. Each of its calls is noted, under the id that it is sent with. */
  assistant(
    message: AssistantMessage,
    index: number,
    note: (call: CallInHistory) => WireCall,
    scope: EncodeScope,
  ): Block[]
  result(wireId: string, result: ToolResult, where: string, scope: EncodeScope): Block[]
  /** Puts a message's own cache mark on its blocks. */
  setCacheControl(blocks: Block[], cacheControl: CacheControl, where: string, scope: EncodeScope): void
}

/**
 * The walk over a history: instructions apart, every tool result right after its call. What is merely untidy is repaired and
 * reported; what can't be told is refused, naming the message.
 */
export function readHistory<Block, EncodeScope extends HistoryScope>(
  messages: readonly Message[],
  writer: HistoryWriter<Block, EncodeScope>,
  scope: EncodeScope,
): { readonly system: Block[]; readonly entries: readonly Entry<Block>[] } {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw scope.report.invalid('messages', 'is empty: give at least one user message.')
  }
  const history = new History(writer, scope)
  for (const [index, message] of messages.entries()) history.add(message, index, index === messages.length - 1)
  history.end()
  return history
}

interface OpenCall<Block> extends CallInHistory {
  readonly wireId: string
  readonly entry: Entry<Block>
}

class History<Block, EncodeScope extends HistoryScope> {
  readonly system: Block[] = []
  readonly entries: Entry<Block>[] = []
  readonly #writer: HistoryWriter<Block, EncodeScope>
  readonly #scope: EncodeScope
  #open: OpenCall<Block>[] = []
  readonly #answered = new Set<string>()
  readonly #wireIds = new Set<string>()

  constructor(writer: HistoryWriter<Block, EncodeScope>, scope: EncodeScope) {
    this.#writer = writer
    this.#scope = scope
  }

  add(message: Message, index: number, last: boolean): void {
    const { report } = this.#scope
    const where = `messages[${index}]`
    if (!isFields(message)) throw report.invalid(where, 'is not a message.')
    if (message.name && message.role !== 'tool' && message.role !== 'function') {
      report.dropped(`${where}.name`, `${this.#writer.api} knows no names of speakers: write them into the text.`)
    }
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#addSystem(message.content, message.cache_control, index)
      case 'user':
        return this.#addUser(message.content, message.cache_control, index, last)
      case 'assistant':
        return this.#addAssistant(message, index)
      case 'tool':
        return this.#answer(this.#find(message.tool_call_id, where), message, index)
      case 'function': {
        const call = this.#open.find(({ id, name }) => id === undefined && name === message.name)
        if (!call)
          throw report.invalid(where, `answers the function '${message.name}', which no earlier message calls.`)
        return this.#answer(call, { content: message.content }, index)
      }
      default: {
        const { role } = message as { role?: unknown }
        throw report.invalid(where, `has the role '${String(role)}': use system, developer, user, assistant or tool.`)
      }
    }
  }

  /** @throws {BadRequestError} where a call has no answer */
  end(): void {
    const [open] = this.#open
    if (!open) return
    const id = open.id === undefined ? '' : ` (${open.id})`
    throw this.#scope.report.invalid(
      open.where,
      `calls '${open.name}'${id}, and no later message answers it: add its tool message.`,
    )
  }

  #addSystem(content: unknown, cacheControl: CacheControl | null | undefined, index: number): void {
    const where = `messages[${index}]`
    const blocks = this.#writer.parts(content, where, this.#scope)
    if (cacheControl) this.#writer.setCacheControl(blocks, cacheControl, where, this.#scope)
    if (this.entries.length === 0) this.system.push(...blocks)
    else if (blocks.length > 0) this.entries.push({ role: 'system', blocks, results: [], index })
  }

  #addUser(content: unknown, cacheControl: CacheControl | null | undefined, index: number, last: boolean): void {
    const where = `messages[${index}]`
    const { report } = this.#scope
    const answer: Answer<Block> = (id, place, make) => {
      const call = this.#find(id, place)
      this.#put(call, make(call.wireId), index)
    }
    const blocks = this.#writer.user(content, where, answer, this.#scope)
    if (cacheControl) this.#writer.setCacheControl(blocks, cacheControl, where, this.#scope)
    if (blocks.length > 0) {
      this.entries.push({ role: 'user', blocks, results: [], index })
    } else if (last && !this.entries.at(-1)?.results.length) {
      // where all of it was refused, that is the better error
      report.throwUnsupported()
      throw report.invalid(where, `has no text, and it is what ${this.#writer.model} shall answer.`)
    } else if (!hasResults(content)) {
      report.repaired(index, `${where}: the message is empty and was left out.`)
    }
  }

  #addAssistant(message: AssistantMessage, index: number): void {
    const entry: Entry<Block> = { role: 'assistant', blocks: [], results: [], index }
    entry.blocks = this.#writer.assistant(message, index, (call) => this.#note(call, entry), this.#scope)
    if (entry.blocks.length > 0) this.entries.push(entry)
    else this.#scope.report.repaired(index, `messages[${index}]: the message is empty and was left out.`)
  }

  /** Notes a call as open, under an id that no other call of the history has. */
  #note(call: CallInHistory, entry: Entry<Block>): WireCall {
    const { ids, names } = this.#scope
    const name = names.wire(call.name)
    const wanted = call.id === undefined ? `call_${name}`.slice(0, 60) : ids.wire(call.id)
    // some servers count their calls anew in every turn
    const wireId = this.#wireIds.has(wanted) || call.id === undefined ? ids.unused(wanted) : wanted
    this.#wireIds.add(wireId)
    this.#open.push({ ...call, wireId, entry })
    return { id: wireId, name, input: call.input }
  }

  #find(id: unknown, where: string): OpenCall<Block> {
    const { report } = this.#scope
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

  #answer(call: OpenCall<Block>, result: ToolResult, index: number): void {
    this.#put(call, this.#writer.result(call.wireId, result, `messages[${index}]`, this.#scope), index)
  }

  #put(call: OpenCall<Block>, blocks: readonly Block[], index: number): void {
    if (this.entries.at(-1) !== call.entry) {
      this.#scope.report.repaired(
        index,
        `messages[${index}]: the tool result was moved up, to stand right after its call.`,
      )
    }
    call.entry.results.push(...blocks)
    this.#open = this.#open.filter((open) => open !== call)
    if (call.id !== undefined) this.#answered.add(call.id)
  }
}

const hasResults = (content: unknown): boolean =>
  Array.isArray(content) && content.some((part) => isFields(part) && part.type === 'tool_result')

import type { AssistantMessage, CacheControl, Message } from '../../src/types/messages.js'
import { isFields } from '../fields.js'
import type { Report } from '../report.js'
import type { Aliases } from './aliases.js'
import type { CallInHistory } from './calls.js'

/** An encoded message of the history. */
export interface Entry<Block> {
  readonly role: 'user' | 'assistant' | 'system'
  blocks: Block[]
  /** Results of the message's calls, sent first in the following user turn. */
  readonly results: Block[]
  /** Index in the caller's messages. */
  readonly index: number
}

/** An encoded call. */
export type WireCall = Pick<CallInHistory, 'name' | 'input'> & { readonly id: string }

/** The content of a tool message or a `tool_result` block. */
export interface ToolResult {
  readonly content?: unknown
  readonly is_error?: unknown
  readonly cache_control?: unknown
}

/** Answers a call with blocks made from the id that was sent. */
export type Answer<Block> = (id: unknown, where: string, make: (wireId: string) => Block[]) => void

interface HistoryScope {
  readonly report: Report
  readonly names: Aliases
  readonly ids: Aliases
}

/** Encodes the messages of a history for a block-based API. */
export interface HistoryWriter<Block, EncodeScope> {
  /** Names of the API and the model, for messages. */
  readonly api: string
  readonly model: string
  parts(content: unknown, where: string, scope: EncodeScope): Block[]
  /** Encodes a user message without its tool results, which answer their calls. */
  user(content: unknown, where: string, answer: Answer<Block>, scope: EncodeScope): Block[]
  /** Encodes an assistant message. Each of its calls is registered under the id it is sent with. */
  assistant(
    message: AssistantMessage,
    index: number,
    register: (call: CallInHistory) => WireCall,
    scope: EncodeScope,
  ): Block[]
  /** Blocks for a user turn before an assistant message. */
  before?(message: AssistantMessage, index: number, scope: EncodeScope): Block[]
  result(wireId: string, result: ToolResult, where: string, scope: EncodeScope): Block[]
  /** Sets a message's `cache_control` on its blocks. */
  setCacheControl(blocks: Block[], cacheControl: CacheControl, where: string, scope: EncodeScope): void
}

/**
 * Walks a history: system prompt separated, each tool result directly after its call. Minor disorder is repaired with
 * a warning; anything that can't be encoded throws an error naming the message.
 */
export function readHistory<Block, EncodeScope extends HistoryScope>(
  messages: readonly Message[],
  writer: HistoryWriter<Block, EncodeScope>,
  scope: EncodeScope,
): { readonly system: Block[]; readonly entries: readonly Entry<Block>[] } {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw scope.report.invalid(
      'messages',
      "must be a non-empty array with at least one user message, for example [{ role: 'user', content: 'Hello' }].",
    )
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
    if (!isFields(message))
      throw report.invalid(where, "must be a message, for example { role: 'user', content: 'Hello' }", message)
    if (message.name && message.role !== 'tool' && message.role !== 'function') {
      report.dropped(`${where}.name`, `${this.#writer.api} has no speaker names: include them in the text.`)
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
        return this.#answer(this.#findCall(message.tool_call_id, where), message, index)
      case 'function': {
        const call = this.#open.find(({ id, name }) => id === undefined && name === message.name)
        if (!call)
          throw report.invalid(where, `answers a call of the function '${message.name}' that no earlier message makes.`)
        return this.#answer(call, { content: message.content }, index)
      }
      default: {
        const { role } = message as { role?: unknown }
        throw report.invalid(where, 'must have the role system, developer, user, assistant or tool', role)
      }
    }
  }

  /** @throws {BadRequestError} if a call has no answer */
  end(): void {
    const [open] = this.#open
    if (!open) return
    const id = open.id === undefined ? '' : ` (${open.id})`
    throw this.#scope.report.invalid(open.where, `calls '${open.name}'${id} without a result: add its tool message.`)
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
      const call = this.#findCall(id, place)
      this.#addResults(call, make(call.wireId), index)
    }
    const blocks = this.#writer.user(content, where, answer, this.#scope)
    if (cacheControl) this.#writer.setCacheControl(blocks, cacheControl, where, this.#scope)
    if (blocks.length > 0) {
      this.entries.push({ role: 'user', blocks, results: [], index })
    } else if (last && !this.entries.at(-1)?.results.length) {
      // if every part was unsupported, that error is more useful
      report.throwUnsupported()
      throw report.invalid(where, `must have content: it is the message that ${this.#writer.model} answers.`)
    } else if (!hasResults(content)) {
      report.repaired(index, `${where}: the empty message was removed.`)
    }
  }

  #addAssistant(message: AssistantMessage, index: number): void {
    const before = this.#writer.before?.(message, index, this.#scope) ?? []
    if (before.length > 0) this.entries.push({ role: 'user', blocks: before, results: [], index })
    const entry: Entry<Block> = { role: 'assistant', blocks: [], results: [], index }
    entry.blocks = this.#writer.assistant(message, index, (call) => this.#register(call, entry), this.#scope)
    if (entry.blocks.length > 0) this.entries.push(entry)
    else this.#scope.report.repaired(index, `messages[${index}]: the empty message was removed.`)
  }

  /** Registers a call as unanswered, under an id unique within the history. */
  #register(call: CallInHistory, entry: Entry<Block>): WireCall {
    const { ids, names } = this.#scope
    const name = names.wire(call.name)
    const wanted = call.id === undefined ? `call_${name}`.slice(0, 60) : ids.wire(call.id)
    // some servers restart their call counter in every turn
    const wireId = this.#wireIds.has(wanted) || call.id === undefined ? ids.unused(wanted) : wanted
    this.#wireIds.add(wireId)
    const { id, input, where } = call
    this.#open.push({ id, name: call.name, input, where, wireId, entry })
    return { id: wireId, name, input: call.input }
  }

  #findCall(id: unknown, where: string): OpenCall<Block> {
    const { report } = this.#scope
    if (typeof id !== 'string' || id === '') throw report.invalid(where, "must have 'tool_call_id'")
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
    this.#addResults(call, this.#writer.result(call.wireId, result, `messages[${index}]`, this.#scope), index)
  }

  #addResults(call: OpenCall<Block>, blocks: readonly Block[], index: number): void {
    if (this.entries.at(-1) !== call.entry) {
      this.#scope.report.repaired(index, `messages[${index}]: the tool result was moved up to follow its call.`)
    }
    call.entry.results.push(...blocks)
    this.#open.splice(this.#open.indexOf(call), 1)
    if (call.id !== undefined) this.#answered.add(call.id)
  }
}

const hasResults = (content: unknown): boolean =>
  Array.isArray(content) && content.some((part) => isFields(part) && part.type === 'tool_result')

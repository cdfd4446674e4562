import type { Message, ToolMessage } from '../../../src/types/messages.js'
import { assistantTurn, type CallInHistory, readCalls } from './assistant.js'
import { documentAsText, partsOf, plainly } from './content.js'
import type { EncodeScope } from './scope.js'
import { isFields, type Part, type WireCall, type WireMessage } from './wire.js'

/**
 * The history in Cohere's terms: one system message first, every tool result right behind its call, no id twice.
 * What is merely untidy is repaired and reported; what can't be told is refused, naming the message.
 * https://docs.cohere.com/reference/chat https://docs.cohere.com/reference/errors
 */
export function encodeMessages(messages: readonly Message[], scope: EncodeScope): WireMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw scope.report.invalid('messages', 'it is empty: give at least one user message.')
  }
  const history = new History(scope)
  for (const [index, message] of messages.entries()) history.add(message, index, index === messages.length - 1)
  return history.end()
}

const filler = 'Begin.'

/** A message of the history, and what answers its calls. */
interface Entry {
  readonly message: WireMessage
  readonly results: WireMessage[]
  /** Images of the results, which a tool message can't hold. */
  readonly media: Part[]
}

interface OpenCall extends CallInHistory {
  readonly wireId: string
  readonly entry: Entry
}

class History {
  readonly #scope: EncodeScope
  readonly #system: string[] = []
  readonly #entries: Entry[] = []
  readonly #wireIds = new Set<string>()
  readonly #answered = new Set<string>()
  #open: OpenCall[] = []

  constructor(scope: EncodeScope) {
    this.#scope = scope
  }

  add(message: Message, index: number, last: boolean): void {
    const where = `messages[${index}]`
    const { report } = this.#scope
    if (!isFields(message)) throw report.invalid(where, 'it is not a message.')
    if (message.name && message.role !== 'tool' && message.role !== 'function') {
      report.dropped(`${where}.name`, 'Cohere knows no names of speakers: write them into the text.')
    }
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#addSystem(message.content, index)
      case 'user':
        return this.#addUser(message.content, index, last)
      case 'assistant': {
        const calls = readCalls(message, index, this.#scope).map((call) => ({ call, wire: this.#wireCall(call) }))
        const turn = assistantTurn(
          message,
          calls.map(({ wire }) => wire),
          index,
          this.#scope,
        )
        if (!turn) return report.repaired(index, `${where}: the message is empty and was left out.`)
        const entry = this.#push(turn)
        for (const { call, wire } of calls) this.#open.push({ ...call, wireId: wire.id, entry })
        return
      }
      case 'tool':
        return this.#answer(this.#find(message, where), message.content, index)
      case 'function': {
        const call = this.#open.find(({ id, name }) => id === undefined && name === message.name)
        if (!call)
          throw report.invalid(where, `it answers the function '${message.name}', which no earlier message calls.`)
        return this.#answer(call, message.content, index)
      }
      default: {
        const { role } = message as { role?: unknown }
        throw report.invalid(
          where,
          `it has the role '${String(role)}': use system, developer, user, assistant or tool.`,
        )
      }
    }
  }

  end(): WireMessage[] {
    const [open] = this.#open
    if (open) {
      const id = open.id === undefined ? '' : ` (${open.id})`
      throw this.#scope.report.invalid(
        open.where,
        `it calls '${open.name}'${id}, and no later message answers it: add its tool message.`,
      )
    }
    const turns = this.#entries.flatMap(({ message, results, media }): WireMessage[] => [
      message,
      ...results,
      ...(media.length > 0 ? [{ role: 'user' as const, content: media }] : []),
    ])
    if (turns.length === 0) {
      this.#scope.report.repaired(
        0,
        `messages[0]: there are only instructions, so a user message ('${filler}') was put behind them.`,
      )
      turns.push({ role: 'user', content: filler })
    }
    if (this.#system.length === 0) return turns
    return [{ role: 'system', content: this.#system.join('\n\n') }, ...turns]
  }

  #push(message: WireMessage): Entry {
    const entry: Entry = { message, results: [], media: [] }
    this.#entries.push(entry)
    return entry
  }

  #addSystem(content: unknown, index: number): void {
    const text = partsOf(content, `messages[${index}]`, this.#scope).map((part) =>
      String(documentAsText(part).text ?? ''),
    )
    if (text.length === 0) return
    this.#system.push(text.join('\n'))
    if (this.#entries.length > 0) {
      this.#scope.report.changed('messages', `messages[${index}]: the system message was moved to the front.`)
    }
  }

  #addUser(content: unknown, index: number, last: boolean): void {
    const where = `messages[${index}]`
    const parts = partsOf(content, where, this.#scope).map(documentAsText)
    if (parts.length > 0) {
      this.#push({ role: 'user', content: plainly(parts) })
      return
    }
    // where all of it was refused, that is the better error
    if (last) this.#scope.report.throwUnsupported()
    if (last) throw this.#scope.report.invalid(where, 'it has no text, and it is what the model shall answer.')
    this.#scope.report.repaired(index, `${where}: the message is empty and was left out.`)
  }

  /** The call under an id that no other call of the history has: some servers count anew in every turn. */
  #wireCall({ id, name, arguments: text }: CallInHistory): WireCall {
    const wire = this.#scope.names.wire(name)
    const wanted = id ?? `call_${wire}`
    let unique = wanted
    for (let turn = 2; this.#wireIds.has(unique); turn++) unique = `${wanted}_${turn}`
    this.#wireIds.add(unique)
    return { id: unique, type: 'function', function: { name: wire, arguments: text } }
  }

  #find({ tool_call_id: id }: ToolMessage, where: string): OpenCall {
    const { report } = this.#scope
    if (typeof id !== 'string' || id === '') throw report.invalid(where, "it is a tool message without 'tool_call_id'.")
    const call = this.#open.find((open) => open.id === id)
    if (call) return call
    throw report.invalid(
      where,
      this.#answered.has(id)
        ? `it answers the tool call '${id}' a second time.`
        : `it answers the tool call '${id}', which no earlier assistant message makes.`,
    )
  }

  #answer(call: OpenCall, content: unknown, index: number): void {
    const where = `messages[${index}]`
    const { report } = this.#scope
    const { entry, wireId } = call
    if (this.#entries.at(-1) !== entry) {
      report.repaired(index, `${where}: the tool result was moved up, to stand right behind its call.`)
    }
    const parts = partsOf(content, where, this.#scope)
    const images = parts.filter(({ type }) => type === 'image_url')
    const rest = parts.filter(({ type }) => type !== 'image_url')
    if (images.length > 0) {
      report.repaired(index, `${where}: the images of the result were put into a user message behind it.`)
      entry.media.push({ type: 'text', text: `From the result of tool call ${wireId}:` }, ...images)
    }
    const empty = images.length > 0 ? 'The result is in the next message.' : '(no output)'
    entry.results.push({
      role: 'tool',
      tool_call_id: wireId,
      content: rest.length > 0 ? plainly(rest) : empty,
    })
    this.#open = this.#open.filter((open) => open !== call)
    if (call.id !== undefined) this.#answered.add(call.id)
  }
}

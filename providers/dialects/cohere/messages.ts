import type { AssistantMessage, Message, ToolMessage } from '../../../src/types/messages.js'
import { argumentsText } from '../../shared/calls.js'
import { compactionSummary, reportForeignParts } from '../../shared/foreign.js'
import { documentAsText, partsOf, plainly } from './content.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, isPart, type Part, type WireCall, type WireMessage } from './wire.js'

/**
 * Encodes the history: one system message first, each tool result directly after its call, unique call ids. Minor
 * disorder is repaired with a warning; anything that can't be encoded throws an error naming the message.
 * https://docs.cohere.com/reference/chat https://docs.cohere.com/reference/errors
 */
export function encodeMessages(messages: readonly Message[], scope: EncodeScope): WireMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw scope.report.invalid(
      'messages',
      "must be a non-empty array with at least one user message, for example [{ role: 'user', content: 'Hello' }].",
    )
  }
  const history = new History(scope)
  for (let index = 0; index < messages.length; index++)
    history.add(messages[index] as Message, index, index === messages.length - 1)
  return history.end()
}

const filler = 'Begin.'

/** An encoded message and the results of its calls. */
interface Entry {
  readonly message: WireMessage
  readonly results: WireMessage[]
  /** Images of the results, which tool messages don't accept. */
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
  /** Made for the first call: most histories have none. */
  #wireIds: Set<string> | undefined
  #answered: Set<string> | undefined
  #open: OpenCall[] = []

  constructor(scope: EncodeScope) {
    this.#scope = scope
  }

  add(message: Message, index: number, last: boolean): void {
    const where = `messages[${index}]`
    const { report } = this.#scope
    if (!isFields(message))
      throw report.invalid(where, "must be a message, for example { role: 'user', content: 'Hello' }", message)
    if (message.name && message.role !== 'tool' && message.role !== 'function') {
      report.dropped(`${where}.name`, 'Cohere has no speaker names: include them in the text.')
    }
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#addSystem(message.content, index)
      case 'user':
        return this.#addUser(message.content, index, last)
      case 'assistant': {
        const summary = compactionSummary(message, index, report)
        if (summary !== undefined) this.#push({ role: 'user', content: summary })
        reportForeignParts(message, '', index, report)
        const calls = readCalls(message, index, this.#scope).map((call) => ({ call, wire: this.#wireCall(call) }))
        const turn = assistantTurn(
          message,
          calls.map(({ wire }) => wire),
          index,
          this.#scope,
        )
        if (!turn) return report.repaired(index, `${where}: the empty message was removed.`)
        const entry = this.#push(turn)
        for (const { call, wire } of calls) this.#open.push({ ...call, wireId: wire.id, entry })
        return
      }
      case 'tool':
        return this.#answer(this.#find(message, where), message.content, index)
      case 'function': {
        const call = this.#open.find(({ id, name }) => id === undefined && name === message.name)
        if (!call)
          throw report.invalid(where, `answers a call of the function '${message.name}' that no earlier message makes.`)
        return this.#answer(call, message.content, index)
      }
      default: {
        const { role } = message as { role?: unknown }
        throw report.invalid(where, 'must have the role system, developer, user, assistant or tool', role)
      }
    }
  }

  end(): WireMessage[] {
    const [open] = this.#open
    if (open) {
      const id = open.id === undefined ? '' : ` (${open.id})`
      throw this.#scope.report.invalid(open.where, `calls '${open.name}'${id} without a result: add its tool message.`)
    }
    const turns: WireMessage[] = this.#system.length > 0 ? [{ role: 'system', content: this.#system.join('\n\n') }] : []
    const instructions = turns.length
    for (const { message, results, media } of this.#entries) {
      turns.push(message)
      if (results.length > 0) turns.push(...results)
      if (media.length > 0) turns.push({ role: 'user', content: media })
    }
    if (turns.length === instructions) {
      this.#scope.report.repaired(
        0,
        `messages[0]: a user message ('${filler}') was added, because there were only instructions.`,
      )
      turns.push({ role: 'user', content: filler })
    }
    return turns
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
    // if every part was unsupported, that error is more useful
    if (last) this.#scope.report.throwUnsupported()
    if (last) throw this.#scope.report.invalid(where, 'must have content: it is the message that the model answers.')
    this.#scope.report.repaired(index, `${where}: the empty message was removed.`)
  }

  /** Assigns an id unique within the history, because some servers restart their counter in every turn. */
  #wireCall({ id, name, arguments: text }: CallInHistory): WireCall {
    const wire = this.#scope.names.wire(name)
    const wanted = id ?? `call_${wire}`
    let unique = wanted
    this.#wireIds ??= new Set()
    for (let turn = 2; this.#wireIds.has(unique); turn++) unique = `${wanted}_${turn}`
    this.#wireIds.add(unique)
    return { id: unique, type: 'function', function: { name: wire, arguments: text } }
  }

  #find({ tool_call_id: id }: ToolMessage, where: string): OpenCall {
    const { report } = this.#scope
    if (typeof id !== 'string' || id === '') throw report.invalid(where, "must have 'tool_call_id'")
    const call = this.#open.find((open) => open.id === id)
    if (call) return call
    throw report.invalid(
      where,
      this.#answered?.has(id)
        ? `answers the tool call '${id}' a second time.`
        : `answers the tool call '${id}', which no earlier assistant message makes.`,
    )
  }

  #answer(call: OpenCall, content: unknown, index: number): void {
    const where = `messages[${index}]`
    const { report } = this.#scope
    const { entry, wireId } = call
    if (this.#entries.at(-1) !== entry) {
      report.repaired(index, `${where}: the tool result was moved up to follow its call.`)
    }
    const parts = partsOf(content, where, this.#scope)
    const images = parts.filter(({ type }) => type === 'image_url')
    const rest = parts.filter(({ type }) => type !== 'image_url')
    if (images.length > 0) {
      report.repaired(index, `${where}: the images of the result were moved to a user message after it.`)
      entry.media.push({ type: 'text', text: `From the result of tool call ${wireId}:` }, ...images)
    }
    const empty = images.length > 0 ? 'The result is in the next message.' : '(no output)'
    entry.results.push({
      role: 'tool',
      tool_call_id: wireId,
      content: rest.length > 0 ? plainly(rest) : empty,
    })
    this.#open = this.#open.filter((open) => open !== call)
    if (call.id === undefined) return
    this.#answered ??= new Set()
    this.#answered.add(call.id)
  }
}

type WireAssistant = Extract<WireMessage, { role: 'assistant' }>

/** A tool call of the history. */
export interface CallInHistory {
  /** The caller's id; undefined for a legacy function call, which is answered by name. */
  readonly id: string | undefined
  readonly name: string
  /** JSON text of an object. */
  readonly arguments: string
  /** `messages[1].tool_calls[0]` */
  readonly where: string
}

export function readCalls(message: AssistantMessage, index: number, scope: EncodeScope): CallInHistory[] {
  const list = message.tool_calls ?? []
  if (!Array.isArray(list))
    throw scope.report.invalid(`messages[${index}].tool_calls`, 'must be an array of tool calls', list)
  const calls = list.map((call, position): CallInHistory => {
    const where = `messages[${index}].tool_calls[${position}]`
    if (typeof call?.id !== 'string' || call.id === '')
      throw scope.report.invalid(where, "must have 'id', a non-empty string")
    if (call.type === 'custom') {
      // an OpenAI custom tool has free text; Cohere's calls have fields
      return { id: call.id, name: call.custom.name, arguments: JSON.stringify({ input: call.custom.input }), where }
    }
    const name = call.function?.name
    if (typeof name !== 'string' || name === '')
      throw scope.report.invalid(where, "must have 'function.name', a non-empty string")
    return { id: call.id, name, arguments: argumentsText(call.function.arguments, where, index, scope.report), where }
  })
  const legacy = message.function_call
  if (legacy) {
    const where = `messages[${index}].function_call`
    calls.push({
      id: undefined,
      name: legacy.name,
      arguments: argumentsText(legacy.arguments, where, index, scope.report),
      where,
    })
  }
  return calls
}

/** Encodes an assistant turn; undefined if it is empty. */
export function assistantTurn(
  message: AssistantMessage,
  calls: readonly WireCall[],
  index: number,
  scope: EncodeScope,
): WireAssistant | undefined {
  const where = `messages[${index}]`
  const said = partsOf(message.content, where, scope)
  if (said.length === 0 && message.refusal) said.push({ type: 'text', text: message.refusal })
  if (message.audio) scope.report.repaired(index, `${where}: audio was removed: Cohere does not accept it.`)
  if (message.images?.length) {
    scope.report.repaired(index, `${where}: images were removed: Cohere accepts them in user messages only.`)
  }
  const { thinking, plan } = reasoningOf(message, calls.length > 0, index, scope)
  const content: Part[] = thinking ? [{ type: 'thinking', thinking }] : []
  if (calls.length === 0) {
    for (const part of said) content.push(part)
    if (content.length === 0) return undefined
    const turn: WireAssistant = { role: 'assistant', content: plainly(content) }
    const citations = ownCitations(message)
    if (citations) turn.citations = citations
    return turn
  }
  const text = said.map((part) => part.text ?? '').join('')
  // "text content is not allowed when tool_calls are provided": text before a call becomes its plan
  if (text) scope.report.repaired(index, `${where}: the text beside the tool calls is sent as their tool_plan.`)
  const whole = [plan, text].filter(Boolean).join('\n\n')
  return {
    role: 'assistant',
    ...(content.length > 0 && { content }),
    ...(whole && { tool_plan: whole }),
    tool_calls: [...calls],
  }
}

interface Reasoning {
  thinking?: string
  plan?: string
}

/**
 * Reasoning of any model becomes thinking if the model thinks, otherwise the plan of its calls.
 * `provider_specific_fields.tool_plan` identifies a plan that Cohere wrote. https://docs.cohere.com/docs/reasoning
 */
function reasoningOf(message: AssistantMessage, called: boolean, index: number, scope: EncodeScope): Reasoning {
  const own = message.provider_specific_fields?.tool_plan
  const all = reasoningText(message, index, scope)
  const plan = called && typeof own === 'string' && own !== '' ? own : undefined
  const thinking = plan !== undefined && all.endsWith(plan) ? all.slice(0, -plan.length).trimEnd() : all
  if (thinking === '') return plan === undefined ? {} : { plan }
  if (scope.facts.thinks) return plan === undefined ? { thinking } : { thinking, plan }
  if (called) return { plan: plan === undefined ? thinking : `${thinking}\n\n${plan}` }
  scope.report.repaired(index, `messages[${index}]: the reasoning was removed, because this model does not accept it.`)
  return {}
}

function reasoningText(message: AssistantMessage, index: number, scope: EncodeScope): string {
  if (message.reasoning_content) return message.reasoning_content
  const inContent: readonly unknown[] | undefined = Array.isArray(message.content) ? message.content : undefined
  if (!inContent && !message.thinking_blocks) return ''
  const blocks = [...(message.thinking_blocks ?? []), ...(inContent ?? [])].filter(isPart)
  if (blocks.some(({ type }) => type === 'redacted_thinking')) {
    scope.report.repaired(
      index,
      `messages[${index}]: encrypted reasoning was removed: only its own provider can read it.`,
    )
  }
  return blocks
    .map((block) => (block.type === 'thinking' ? String(block.thinking ?? '') : ''))
    .filter(Boolean)
    .join('\n\n')
}

/** Cohere's citations of this text, if it is unchanged. */
function ownCitations({ content, provider_specific_fields: extras }: AssistantMessage): Fields[] | undefined {
  const given = extras?.citations
  if (!Array.isArray(given) || given.length === 0 || typeof content !== 'string') return undefined
  const fits = (citation: unknown): citation is Fields =>
    isFields(citation) &&
    Array.isArray(citation.sources) &&
    typeof citation.text === 'string' &&
    content.includes(citation.text)
  return given.every(fits) ? given : undefined
}

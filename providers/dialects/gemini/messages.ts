import type { AssistantMessage, Message } from '../../../src/types/messages.js'
import { parseArguments } from '../../shared/calls.js'
import { compactionSummary, reportForeignParts } from '../../shared/foreign.js'
import { encodeImages, encodeParts } from './content.js'
import { restoreParts } from './replay.js'
import type { EncodeScope } from './scope.js'
import { encodeThoughts, isThinking, sealCalls, signatureOf, signPart } from './thinking.js'
import { type Fields, isFields, type Part, type Turn } from './wire.js'

export interface Conversation {
  readonly system: Part[]
  readonly turns: Turn[]
}

/**
 * Encodes the history: instructions apart, user and model turns in alternation, the results of a turn's calls right after it. Untidy
 * histories are repaired and reported; impossible ones are rejected with the message's index.
 * https://ai.google.dev/gemini-api/docs/text-generation
 * https://ai.google.dev/gemini-api/docs/function-calling
 */
export function encodeMessages(messages: readonly Message[], scope: EncodeScope): Conversation {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw scope.report.invalid('messages', 'must be a non-empty array.')
  }
  const history = new History(scope)
  for (const [index, message] of messages.entries()) history.add(message, index)
  return history.end()
}

/** An encoded message. */
interface Entry {
  readonly role: 'user' | 'model' | 'system'
  parts: Part[]
  /** Results of an assistant message's calls: sent first in the following user turn. */
  readonly results: Part[]
  /** Files of the results that can't be sent inside them. */
  readonly after: Part[]
  /** Index in the caller's messages. */
  readonly index: number
}

/** A tool call of the history. */
interface CallInHistory {
  /** The caller's id; undefined for a legacy function call, which is answered by name. */
  readonly id: string | undefined
  readonly name: string
  readonly args: Fields
  readonly signature?: string | undefined
  /** `messages[1].tool_calls[0]` */
  readonly where: string
}

interface OpenCall extends CallInHistory {
  readonly entry: Entry
}

class History {
  readonly #scope: EncodeScope
  readonly #system: Part[] = []
  readonly #entries: Entry[] = []
  #open: OpenCall[] = []
  readonly #answered = new Set<string>()

  constructor(scope: EncodeScope) {
    this.#scope = scope
  }

  add(message: Message, index: number): void {
    const { report } = this.#scope
    const where = `messages[${index}]`
    if (!isFields(message)) throw report.invalid(where, 'must be a message object.')
    if (message.name && message.role !== 'tool' && message.role !== 'function') {
      report.dropped(`${where}.name`, 'Left out: Gemini has no names of speakers. Write them into the text.')
    }
    switch (message.role) {
      case 'system':
      case 'developer': {
        const parts = encodeParts(message.content, where, this.#scope)
        if (this.#entries.length === 0) this.#system.push(...parts)
        else if (parts.length > 0) this.#push('system', parts, index)
        return
      }
      case 'user': {
        const { results, rest } = splitResults(message.content)
        for (const [position, result] of results) {
          const call = this.#find(result.tool_use_id, `${where}.content[${position}]`)
          this.#answer(call, result.content, result.is_error === true, index)
        }
        const parts = encodeParts(rest, where, this.#scope)
        if (parts.length > 0) this.#push('user', parts, index)
        else if (results.length === 0) report.repaired(index, `${where}: the message is empty and was left out.`)
        return
      }
      case 'assistant': {
        const summary = compactionSummary(message, index, report)
        if (summary !== undefined) this.#push('user', [{ text: summary }], index)
        reportForeignParts(message, 'content_parts', index, report)
        const calls = collectCalls(message, index, this.#scope)
        const parts = encodeAssistant(message, calls, index, this.#scope)
        if (parts.length === 0) return report.repaired(index, `${where}: the message is empty and was left out.`)
        const entry = this.#push('model', parts, index)
        for (const { id, name, args, signature, where } of calls)
          this.#open.push({ id, name, args, signature, where, entry })
        return
      }
      case 'tool':
        return this.#answer(this.#find(message.tool_call_id, where), message.content, message.is_error === true, index)
      case 'function': {
        const call = this.#open.find(({ id, name }) => id === undefined && name === message.name)
        if (!call)
          throw report.invalid(where, `answers the function '${message.name}', which no earlier message calls.`)
        return this.#answer(call, message.content, false, index)
      }
      default: {
        const role = String((message as { role?: unknown }).role)
        throw report.invalid(where, `must have the role system, developer, user, assistant or tool; got '${role}'.`)
      }
    }
  }

  end(): Conversation {
    const [open] = this.#open
    if (open) {
      const id = open.id === undefined ? '' : ` (${open.id})`
      throw this.#scope.report.invalid(
        open.where,
        `calls '${open.name}'${id}, and no later message answers it. Add its tool message.`,
      )
    }
    return { system: this.#system, turns: arrangeTurns(this.#entries, this.#system, this.#scope) }
  }

  #push(role: Entry['role'], parts: Part[], index: number): Entry {
    const entry: Entry = { role, parts, results: [], after: [], index }
    this.#entries.push(entry)
    return entry
  }

  #find(id: unknown, where: string): OpenCall {
    const { report } = this.#scope
    if (typeof id !== 'string' || id === '') throw report.invalid(where, "must have a 'tool_call_id'.")
    const call = this.#open.find((open) => open.id === id)
    if (call) return call
    throw report.invalid(
      where,
      this.#answered.has(id)
        ? `answers the tool call '${id}' a second time.`
        : `answers the tool call '${id}', which no earlier assistant message makes.`,
    )
  }

  #answer(call: OpenCall, content: unknown, failed: boolean, index: number): void {
    const where = `messages[${index}]`
    const { part, after } = encodeResult(call, { content, failed }, where, this.#scope)
    if (this.#entries.at(-1) !== call.entry) {
      this.#scope.report.repaired(index, `${where}: the tool result was moved up, right after its call.`)
    }
    call.entry.results.push(part)
    call.entry.after.push(...after)
    this.#open.splice(this.#open.indexOf(call), 1)
    if (call.id !== undefined) this.#answered.add(call.id)
  }
}

/** Separates Anthropic's tool results, with their positions, from the other parts of a user message. */
function splitResults(content: unknown): { readonly results: (readonly [number, Fields])[]; readonly rest: unknown } {
  if (!Array.isArray(content)) return { results: [], rest: content }
  const results: (readonly [number, Fields])[] = []
  const rest = content.filter((part: unknown, position) => {
    if (!isFields(part) || part.type !== 'tool_result') return true
    results.push([position, part])
    return false
  })
  return { results, rest }
}

/** The calls of an assistant message. */
function collectCalls(message: AssistantMessage, index: number, scope: EncodeScope): CallInHistory[] {
  const calls: CallInHistory[] = []
  const list: unknown = message.tool_calls ?? []
  if (!Array.isArray(list))
    throw scope.report.invalid(`messages[${index}].tool_calls`, 'must be an array of tool calls.')
  for (const [position, call] of list.entries()) {
    const where = `messages[${index}].tool_calls[${position}]`
    if (!isFields(call) || typeof call.id !== 'string' || call.id === '') {
      throw scope.report.invalid(where, "must be a tool call with an 'id'.")
    }
    const { id } = call
    if (call.type === 'custom' && isFields(call.custom)) {
      // OpenAI's custom tools take text, Gemini's functions take fields
      calls.push({ id, name: String(call.custom.name), args: { input: call.custom.input }, where })
      continue
    }
    const { name, arguments: text } = isFields(call.function) ? call.function : ({} as Fields)
    if (typeof name !== 'string' || name === '') {
      throw scope.report.invalid(where, "must be a tool call with a 'function.name'.")
    }
    calls.push({
      id,
      name,
      args: parseArguments(text, where, index, scope.report),
      signature: signatureOf(call),
      where,
    })
  }
  // Anthropic's histories have their calls in the content
  for (const part of Array.isArray(message.content) ? (message.content as unknown[]) : []) {
    if (!isFields(part) || part.type !== 'tool_use' || calls.some(({ id }) => id === part.id)) continue
    const { id, name, input } = part
    const args = isFields(input) ? input : {}
    calls.push({ id: String(id), name: String(name), args, where: `messages[${index}].content` })
  }
  const legacy = message.function_call
  if (legacy) {
    const where = `messages[${index}].function_call`
    calls.push({
      id: undefined,
      name: legacy.name,
      args: parseArguments(legacy.arguments, where, index, scope.report),
      where,
    })
  }
  return calls
}

/** The parts of an assistant turn: signed thoughts, text, images, calls. */
function encodeAssistant(
  message: AssistantMessage,
  calls: readonly CallInHistory[],
  index: number,
  scope: EncodeScope,
): Part[] {
  // models without thinking refuse signatures
  const signed = scope.facts.signatures || scope.facts.budget !== undefined
  const callParts = calls.map(({ id, name, args, signature }) => {
    const wire = scope.names.wire(name)
    // two literals: a spread takes longer than the rest of a call
    const functionCall = id === undefined ? { name: wire, args } : { id, name: wire, args }
    return signPart({ functionCall }, signed ? signature : undefined)
  })
  const images = encodeImages(message, index, scope)
  const parts = restoreParts(message, { calls: callParts, images }, index, scope) ?? [
    ...encodeThoughts(message, index, scope),
    ...encodeText(message, index, scope),
    ...images,
    ...callParts,
  ]
  if (message.audio) {
    scope.report.repaired(
      index,
      `messages[${index}]: the audio was left out, as Gemini accepts audio of the user only.`,
    )
  }
  return scope.facts.signatures ? sealCalls(parts) : parts
}

const isCall = (part: unknown): boolean =>
  isFields(part) && (part.type === 'tool_use' || part.type === 'server_tool_use')

function encodeText(message: AssistantMessage, index: number, scope: EncodeScope): Part[] {
  const content: unknown = Array.isArray(message.content)
    ? message.content.filter((part: unknown) => !isThinking(part) && !isCall(part))
    : message.content
  const parts = encodeParts(content, `messages[${index}]`, scope)
  if (parts.length === 0 && message.refusal) parts.push({ text: message.refusal })
  const signature = signatureOf(message)
  const last = parts.at(-1)
  if (signature === undefined) return parts
  if (last?.text === undefined) return [...parts, { text: '', thoughtSignature: signature }]
  return [...parts.slice(0, -1), { ...last, thoughtSignature: signature }]
}

/** Media types that a function's result may contain. https://ai.google.dev/gemini-api/docs/function-calling#multimodal */
const resultTypes = /^(?:image\/(?:png|jpeg|webp)|application\/pdf|text\/plain)$/

/**
 * A tool result: the part that answers the call, and the files that follow it. The API reads `output` and `error`; other fields count as
 * output.
 * https://ai.google.dev/api/caching#FunctionResponse
 */
function encodeResult(
  call: CallInHistory,
  { content, failed }: { readonly content: unknown; readonly failed: boolean },
  where: string,
  scope: EncodeScope,
): { readonly part: Part; readonly after: readonly Part[] } {
  const { id } = call
  const name = scope.names.wire(call.name)
  if (typeof content === 'string') {
    const response = encodeOutcome(content, failed)
    return { part: { functionResponse: id === undefined ? { name, response } : { id, name, response } }, after: none }
  }
  const parts = encodeParts(content, where, scope)
  const text = parts.map((part) => part.text ?? '').join('')
  const files = parts.filter((part) => part.text === undefined)
  const inside = scope.facts.mediaInResults ? files.filter(fitsResult) : []
  const outside = files.filter((file) => !inside.includes(file))
  const functionResponse: Fields = {
    ...(id !== undefined && { id }),
    name,
    response: encodeOutcome(text, failed),
    ...(inside.length > 0 && { parts: inside }),
  }
  const after = outside.length > 0 ? [{ text: `Files returned by ${call.name}:` }, ...outside] : []
  return { part: { functionResponse }, after }
}

const none: readonly Part[] = Object.freeze([])

function fitsResult({ inlineData, fileData }: Part): boolean {
  return resultTypes.test(inlineData?.mimeType ?? fileData?.mimeType ?? '')
}

function encodeOutcome(text: string, failed: boolean): Fields {
  const value = /^\s*[{[]/.test(text) ? parseJSON(text) : text
  if (failed) return { error: value }
  return isFields(value) ? value : { output: value }
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

interface Draft extends Turn {
  index: number
}

const filler = 'Begin.'

/** Merges entries into alternating user and model turns. Instructions between them move to `system`. */
function arrangeTurns(entries: readonly Entry[], system: Part[], scope: EncodeScope): Turn[] {
  const turns: Draft[] = []
  const add = (role: Turn['role'], parts: Part[], index: number) => {
    if (parts.length === 0) return
    const last = turns.at(-1)
    if (last?.role === role) last.parts = [...last.parts, ...parts]
    else turns.push({ role, parts, index })
  }
  for (const [position, { role, parts, results, after, index }] of entries.entries()) {
    if (role !== 'system') add(role, parts, index)
    else if (position === entries.length - 1 && turns.at(-1)?.role === 'model') {
      scope.report.changed(
        'messages',
        `messages[${index}]: the system message became a user message, as Gemini answers users.`,
      )
      add('user', parts, index)
    } else {
      scope.report.changed('messages', `messages[${index}]: the system message was moved to the front.`)
      system.push(...parts)
    }
    if (results.length > 0) add('user', after.length > 0 ? [...results, ...after] : results, index)
  }
  beginWithUser(turns, system, scope)
  return turns.map(({ role, parts }) => ({ role, parts }))
}

/** The first turn is the user's. Models without instructions get them there. */
function beginWithUser(turns: Draft[], system: Part[], scope: EncodeScope): void {
  if (!scope.facts.system && system.length > 0) {
    scope.report.changed(
      'messages',
      'The instructions were put before the first user message, as this model takes none apart.',
    )
    const parts = system.splice(0)
    const [first] = turns
    if (first?.role === 'user') first.parts = [...parts, ...first.parts]
    else turns.unshift({ role: 'user', parts, index: 0 })
  }
  const [first] = turns
  if (first?.role === 'user') return
  const index = first?.index ?? 0
  const why = first ? 'the conversation begins with the assistant' : 'there are only instructions'
  scope.report.repaired(index, `messages[${index}]: ${why}, so a user message ('${filler}') was put first.`)
  turns.unshift({ role: 'user', parts: [{ text: filler }], index })
}

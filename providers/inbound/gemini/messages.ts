import type {
  AssistantMessage,
  FunctionToolCall,
  ImagePart,
  Message,
  ThinkingBlocks,
  ToolMessage,
  ToolResultPart,
  UserPart,
} from '../../../src/types/messages.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import type { InboundReport } from '../report.js'
import { isPlaceholder, unseal } from '../seal.js'
import { partsIn, userParts } from './content.js'
import { fieldIn, type GenerateContentRequest } from './wire.js'

/**
 * The conversation as chat messages: instructions first, results of functions as messages of their own behind their calls.
 * https://ai.google.dev/api/caching#Content
 */
export function decodeMessages(request: GenerateContentRequest, report: InboundReport): Message[] {
  const reader = new ContentsReader(report)
  const system = partsIn(fieldIn(request, 'systemInstruction'), 'systemInstruction', report)
  const text = system.map((part) => textIn(part, 'text') ?? '').filter(Boolean)
  if (text.length > 0) reader.messages.push({ role: 'system', content: text.join('\n\n') })
  for (const [index, content] of contentsOf(request.contents, report).entries()) reader.add(content, index)
  return reader.messages
}

/** A list of contents, one content, or text, as SDKs accept them. */
function contentsOf(contents: unknown, report: InboundReport): unknown[] {
  if (typeof contents === 'string') return [{ role: 'user', parts: [{ text: contents }] }]
  if (isFields(contents)) return [contents]
  if (Array.isArray(contents) && contents.length > 0) return contents
  throw report.invalid('contents', 'must be a non-empty array of contents', contents)
}

interface OpenCall {
  readonly id: string
  /** The client's id, if it sent one. */
  readonly given: string | undefined
  readonly name: string
}

class ContentsReader {
  readonly messages: Message[] = []
  readonly #report: InboundReport
  #open: OpenCall[] = []
  /** The model's turn, while no other content follows it. */
  #turn: ModelTurn | undefined

  constructor(report: InboundReport) {
    this.#report = report
  }

  add(content: unknown, index: number): void {
    const where = `contents[${index}]`
    if (!isFields(content) && typeof content !== 'string') {
      throw this.#report.invalid(
        where,
        "must be a content such as { role: 'user', parts: [{ text: 'Hello' }] }",
        content,
      )
    }
    const role = isFields(content) ? (content.role ?? 'user') : 'user'
    const parts = partsIn(content, where, this.#report)
    if (role === 'model' || role === 'assistant') return this.#model(parts, index)
    this.#turn = undefined
    switch (role) {
      case 'user':
      case 'function':
      case 'tool':
        return this.#user(parts, where)
      case 'system': {
        const text = parts.map((part) => textIn(part, 'text') ?? '').join('\n\n')
        this.messages.push({ role: 'system', content: text })
        return
      }
      default:
        throw this.#report.invalid(`${where}.role`, "must be 'user' or 'model'", role)
    }
  }

  #user(parts: readonly Fields[], where: string): void {
    const content: UserPart[] = []
    let answered = false
    for (const [position, part] of parts.entries()) {
      const place = `${where}.parts[${position}]`
      if (isFields(part.functionResponse)) {
        this.messages.push(this.#result(part.functionResponse, place))
        answered = true
      } else content.push(...userParts(part, place, this.#report))
    }
    if (content.length > 0 || !answered) this.messages.push({ role: 'user', content: simple(content) })
  }

  /** The result of a call. Clients that send no ids rely on names and order. https://ai.google.dev/api/caching#FunctionResponse */
  #result(response: Fields, where: string): ToolMessage {
    const id = textIn(response, 'id')
    const name = textIn(response, 'name') ?? ''
    const call =
      this.#open.find(({ given }) => id !== undefined && given === id) ?? this.#open.find((open) => open.name === name)
    if (!call) {
      throw this.#report.invalid(
        `${where}.functionResponse`,
        `answers the function '${name}', which no earlier content calls.`,
      )
    }
    this.#open = this.#open.filter((open) => open !== call)
    const { text, failed } = outcomeOf(response.response)
    const files = partsIn(response.parts, `${where}.functionResponse`, this.#report).flatMap((part, position) =>
      userParts(part, `${where}.functionResponse.parts[${position}]`, this.#report),
    )
    const media = files.filter(
      (part): part is Exclude<typeof part, { type: 'input_audio' }> => part.type !== 'input_audio',
    )
    if (media.length < files.length) this.#report.dropped(where, 'results of functions hold no audio in other APIs.')
    const content: ToolResultPart[] = [
      ...(text === '' && media.length > 0 ? [] : [{ type: 'text' as const, text }]),
      ...media,
    ]
    const message: ToolMessage = { role: 'tool', tool_call_id: call.id, content: media.length > 0 ? content : text }
    if (failed) message.is_error = true
    return message
  }

  /** Contents of the model that follow one another are one turn: the results of all its calls come behind them. */
  #model(parts: readonly Fields[], index: number): void {
    if (this.#turn) this.messages.pop()
    this.#turn ??= new ModelTurn(`call_${index}`)
    const turn = this.#turn
    for (const part of parts) turn.add(part)
    this.#open = turn.calls.map(({ id, function: { name } }, position) => ({
      id,
      name,
      given: turn.givenIds[position],
    }))
    this.messages.push(turn.message())
  }
}

/** A content as a string if it is one text. */
function simple(parts: UserPart[]): string | UserPart[] {
  const [only] = parts
  if (!only) return ''
  return parts.length === 1 && only.type === 'text' ? only.text : parts
}

/** The result of a function: `output` or `error`, which the API documents, or any other fields as JSON. */
function outcomeOf(response: unknown): { readonly text: string; readonly failed: boolean } {
  if (!isFields(response))
    return { text: typeof response === 'string' ? response : JSON.stringify(response ?? {}), failed: false }
  const [name, ...others] = Object.keys(response)
  if (others.length > 0 || (name !== 'output' && name !== 'error'))
    return { text: JSON.stringify(response), failed: false }
  const value = response[name]
  return { text: typeof value === 'string' ? value : JSON.stringify(value), failed: name === 'error' }
}

/** Marks the thinking blocks of Gemini for its dialect. */
const thinkingFormat = 'google-gemini-v1'

const textsOf = (blocks: readonly Fields[]): string =>
  blocks
    .map((block) => textIn(block, 'thinking') ?? '')
    .filter(Boolean)
    .join('\n\n')

/** A turn of the model as an assistant message. Parts that chat has no place for are stored as the Gemini dialect stores them. */
class ModelTurn {
  readonly calls: FunctionToolCall[] = []
  readonly givenIds: (string | undefined)[] = []
  readonly #stem: string
  readonly #texts: string[] = []
  readonly #reasoning: string[] = []
  readonly #thinking: Fields[] = []
  readonly #images: ImagePart[] = []
  /** The parts without sealed signatures. */
  readonly #own: Fields[] = []
  #stage = 0
  #fits = true
  #signature: string | undefined
  /** Reasoning whose thought the client has dropped. */
  #sealedReasoning: string | undefined
  /** Ids of the calls, from the first of them. */
  #ids: readonly unknown[] = []
  /** Whether the last part was a thought without a signature, which the next one may continue. */
  #thinks = false
  #fields: Fields | undefined

  constructor(stem: string) {
    this.#stem = stem
  }

  add(given: Fields): void {
    const sealed = unseal(given.thoughtSignature)
    const { thoughtSignature, ...bare } = given
    const signature =
      typeof thoughtSignature === 'string' && !sealed && !isPlaceholder(thoughtSignature) ? thoughtSignature : undefined
    if (sealed?.message) this.#fields = { ...this.#fields, ...sealed.message }
    if (sealed?.thinking) this.#thinking.push(...sealed.thinking.filter(isFields))
    if (sealed?.reasoning) this.#sealedReasoning = sealed.reasoning
    if (sealed?.ids) this.#ids = sealed.ids
    const part: Fields = signature === undefined ? bare : given
    if (isFields(part.functionCall)) this.#call(part.functionCall, signature, sealed?.call)
    else if (part.thought === true && typeof part.text === 'string') this.#think(part.text, signature, sealed?.block)
    else if (typeof part.text === 'string') this.#text(part.text, signature)
    else if (isFields(part.inlineData)) this.#image(part.inlineData, signature)
    else this.#fits = false
    this.#thinks = part.thought === true && signature === undefined
    if (part.text !== '' || signature !== undefined) this.#own.push(part)
  }

  #enter(stage: number): void {
    if (stage < this.#stage) this.#fits = false
    this.#stage = stage
  }

  #think(text: string, signature: string | undefined, block: Fields | undefined): void {
    this.#enter(0)
    // streams send a thought in pieces
    if (text && this.#thinks) this.#reasoning.push((this.#reasoning.pop() ?? '') + text)
    else if (text) this.#reasoning.push(text)
    if (block) this.#thinking.push({ ...block, type: 'thinking', thinking: text })
    else if (signature !== undefined) {
      this.#thinking.push({ type: 'thinking', thinking: text, signature, format: thinkingFormat })
    }
  }

  #text(text: string, signature: string | undefined): void {
    if (text === '' && signature === undefined) return
    this.#enter(1)
    // a signature belongs to one of several texts
    if (this.#signature !== undefined && text !== '') this.#fits = false
    if (signature !== undefined) this.#signature = signature
    if (text !== '') this.#texts.push(text)
  }

  #image(blob: Fields, signature: string | undefined): void {
    this.#enter(2)
    const image: ImagePart & { provider_specific_fields?: Fields } = {
      type: 'image_url',
      image_url: { url: `data:${textIn(blob, 'mimeType') ?? 'image/png'};base64,${textIn(blob, 'data') ?? ''}` },
    }
    if (signature !== undefined) image.provider_specific_fields = { thought_signature: signature }
    this.#images.push(image)
  }

  #call(call: Fields, signature: string | undefined, sealed: Fields | undefined): void {
    this.#enter(3)
    const given = textIn(call, 'id') || undefined
    const extras = signature === undefined ? sealed : { thought_signature: signature }
    this.givenIds.push(given)
    this.calls.push({
      id: given ?? this.#idOf(this.calls.length),
      type: 'function',
      function: { name: textIn(call, 'name') ?? '', arguments: JSON.stringify(call.args ?? {}) },
      ...(extras && { provider_specific_fields: extras }),
    })
  }

  #idOf(place: number): string {
    const id = this.#ids[place]
    return typeof id === 'string' && id !== '' ? id : `${this.#stem}_${place}`
  }

  message(): AssistantMessage {
    const text = this.#texts.join('')
    const message: AssistantMessage = { role: 'assistant', content: text === '' && this.calls.length > 0 ? null : text }
    const reasoning = this.#sealedReasoning || this.#reasoning.join('\n\n') || textsOf(this.#thinking)
    if (reasoning) message.reasoning_content = reasoning
    if (this.#thinking.length > 0) message.thinking_blocks = this.#thinking as unknown as ThinkingBlocks
    if (this.#images.length > 0) message.images = this.#images
    if (this.calls.length > 0) message.tool_calls = this.calls
    const fields = this.#providerFields()
    if (fields) message.provider_specific_fields = fields
    return message
  }

  #providerFields(): Fields | undefined {
    if (this.#fields) return this.#fields
    if (!this.#fits) return { content_parts: this.#stored() }
    return this.#signature === undefined ? undefined : { thought_signature: this.#signature }
  }

  /** Images are part of the message: stored parts refer to them by position. */
  #stored(): Fields[] {
    let image = 0
    return this.#own.map((part) => {
      if (!isFields(part.inlineData)) return part
      const { inlineData: _, ...rest } = part
      return { ...rest, image: image++ }
    })
  }
}

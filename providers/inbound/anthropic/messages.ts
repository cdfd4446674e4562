import type {
  AssistantMessage,
  AssistantPart,
  CacheControl,
  FunctionToolCall,
  Message,
  TextPart,
  ThinkingBlocks,
  ToolMessage,
  UserPart,
} from '../../../src/types/messages.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import type { InboundReport } from '../report.js'
import { unseal } from '../seal.js'
import { blocksOf, contentOf, partsOf, textPart } from './content.js'
import type { Block, MessagesRequest } from './wire.js'

/**
 * The conversation as chat messages: the system prompt first, tool results as messages of their own behind the calls.
 * https://platform.claude.com/docs/en/build-with-claude/working-with-messages
 */
export function decodeMessages({ system, messages }: MessagesRequest, report: InboundReport): Message[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw report.invalid('messages', 'must be a non-empty array of messages', messages)
  }
  const out: Message[] = []
  const parts = blocksOf(system, 'system', report).filter(({ text }) => text !== '')
  if (parts.length > 0) out.push({ role: 'system', content: systemContent(parts, 'system', report) })
  let before: unknown
  let assistant: Block[] = []
  for (const [index, turn] of (messages as readonly unknown[]).entries()) {
    const where = `messages[${index}]`
    if (!isFields(turn))
      throw report.invalid(where, "must be a message such as { role: 'user', content: 'Hello' }", turn)
    const blocks = blocksOf(turn.content, `${where}.content`, report)
    switch (turn.role) {
      case 'user':
        addUser(blocks, where, out, report)
        break
      case 'assistant':
        // turns of one role that follow one another are one turn to the API
        if (turn.role === before) assistant.push(...blocks)
        else assistant = [...blocks]
        if (turn.role === before) out.pop()
        out.push(assistantMessage(assistant))
        break
      case 'system':
        addSystem(blocks, `${where}.content`, out, report)
        break
      default:
        throw report.invalid(`${where}.role`, "must be 'user', 'assistant' or 'system'", turn.role)
    }
    before = turn.role
  }
  return out
}

function systemContent(blocks: readonly Block[], where: string, report: InboundReport): string | TextPart[] {
  const parts = blocks
    .flatMap((block, position) => partsOf(block, `${where}[${position}]`, report))
    .filter((part) => part.type === 'text')
  if (parts.some(({ cache_control: mark }) => mark)) return parts
  // several texts without marks are one prompt, which every server accepts
  return parts.map(({ text }) => text).join('\n\n')
}

/** A system turn without text, such as one that adds tools, has no equivalent. */
function addSystem(blocks: readonly Block[], where: string, out: Message[], report: InboundReport): void {
  const content = systemContent(blocks, where, report)
  if (content.length > 0) out.push({ role: 'system', content })
}

/** Tool results answer the calls before them, so they come first, as the API demands it too. */
function addUser(blocks: readonly Block[], where: string, out: Message[], report: InboundReport): void {
  const parts: UserPart[] = []
  let answered = false
  for (const [position, block] of blocks.entries()) {
    const place = `${where}.content[${position}]`
    if (block.type === 'tool_result') {
      out.push(toolMessage(block, place, report))
      answered = true
    } else parts.push(...partsOf(block, place, report))
  }
  if (parts.length > 0 || !answered) out.push({ role: 'user', content: contentOf(parts) })
}

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls */
function toolMessage(block: Block, where: string, report: InboundReport): ToolMessage {
  const id = textIn(block, 'tool_use_id')
  if (!id) throw report.invalid(`${where}.tool_use_id`, 'must be the id of a tool_use block', block.tool_use_id)
  const parts = blocksOf(block.content, `${where}.content`, report).flatMap((part, position) =>
    partsOf(part, `${where}.content[${position}]`, report),
  )
  const message: ToolMessage = { role: 'tool', tool_call_id: id, content: contentOf(parts) }
  if (block.is_error === true) message.is_error = true
  if (block.cache_control) message.cache_control = block.cache_control as CacheControl
  return message
}

/** An assistant turn. Blocks that chat has no place for are stored as the Anthropic dialect stores them. */
function assistantMessage(blocks: readonly Block[]): AssistantMessage {
  const turn = new AssistantTurn()
  for (const [position, block] of blocks.entries()) turn.add(block, position === blocks.length - 1)
  return turn.message()
}

class AssistantTurn {
  readonly #texts: TextPart[] = []
  readonly #thinking: ThinkingBlocks = []
  readonly #reasoning: string[] = []
  readonly #calls: FunctionToolCall[] = []
  /** The blocks without sealed ones. */
  readonly #own: Block[] = []
  /** Whether `thinking_blocks`, `content` and `tool_calls`, in this order, express all blocks. */
  #fits = true
  #stage = 0
  #mark: CacheControl | undefined
  #callFields: Fields | undefined
  #messageFields: Fields | undefined

  add(block: Block, last: boolean): void {
    const mark = block.cache_control as CacheControl | null | undefined
    if (mark && last) this.#mark = mark
    switch (block.type) {
      case 'thinking':
      case 'redacted_thinking':
        return this.#think(block)
      case 'text':
        if (block.text === '') return
        this.#enter(1, Array.isArray(block.citations) && block.citations.length > 0)
        this.#texts.push(textPart(last ? { ...block, cache_control: undefined } : block))
        break
      case 'tool_use':
        this.#enter(2, (mark !== null && mark !== undefined && !last) || isIndirect(block.caller))
        this.#call(block)
        break
      default:
        this.#fits = false
    }
    this.#own.push(block)
  }

  #enter(stage: number, odd: boolean): void {
    if (odd || stage < this.#stage) this.#fits = false
    this.#stage = Math.max(this.#stage, stage)
  }

  #think(block: Block): void {
    const sealed = unseal(block.signature)
    const text = textIn(block, 'thinking') ?? ''
    if (text) this.#reasoning.push(text)
    if (!sealed) {
      this.#enter(0, false)
      this.#own.push(block)
      if (block.type === 'redacted_thinking') {
        this.#thinking.push({ type: 'redacted_thinking', data: textIn(block, 'data') ?? '' })
      } else {
        const signature = textIn(block, 'signature')
        this.#thinking.push({ type: 'thinking', thinking: text, ...(signature && { signature }) })
      }
      return
    }
    if (isFields(sealed.block)) {
      this.#thinking.push({ ...sealed.block, type: 'thinking', thinking: text } as ThinkingBlocks[number])
    }
    if (isFields(sealed.call)) this.#callFields = sealed.call
    if (isFields(sealed.message)) this.#messageFields = { ...this.#messageFields, ...sealed.message }
  }

  #call(block: Block): void {
    const call: FunctionToolCall = {
      id: textIn(block, 'id') ?? '',
      type: 'function',
      function: { name: textIn(block, 'name') ?? '', arguments: JSON.stringify(block.input ?? {}) },
    }
    if (this.#callFields) call.provider_specific_fields = this.#callFields
    this.#callFields = undefined
    this.#calls.push(call)
  }

  message(): AssistantMessage {
    const message: AssistantMessage = { role: 'assistant', content: this.#content() }
    if (this.#reasoning.length > 0) message.reasoning_content = this.#reasoning.join('\n\n')
    if (this.#thinking.length > 0) message.thinking_blocks = this.#thinking
    if (this.#calls.length > 0) message.tool_calls = this.#calls
    if (this.#mark) message.cache_control = this.#mark
    if (this.#messageFields) message.provider_specific_fields = this.#messageFields
    else if (!this.#fits) message.provider_specific_fields = { content_blocks: this.#own }
    return message
  }

  #content(): string | AssistantPart[] | null {
    if (this.#texts.length === 0) return this.#calls.length > 0 ? null : ''
    if (this.#texts.some(({ cache_control: mark }) => mark)) return this.#texts
    return this.#texts.map(({ text }) => text).join('')
  }
}

/** Whether a call was made by another tool, such as code execution. */
const isIndirect = (caller: unknown): boolean => isFields(caller) && caller.type !== 'direct'

import { BadRequestError } from '../../../src/errors.js'
import type {
  AssistantMessage,
  FunctionToolCall,
  Message,
  ThinkingBlocks,
  ToolMessage,
} from '../../../src/types/messages.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import { joinFields } from '../../shared/deltas.js'
import type { InboundContext } from '../contract.js'
import { assistantContent, gap, resultContent, systemContent, userContent } from './content.js'
import { type Carried, reasoningText, unpack } from './reasoning.js'
import { customArguments, type ToolNames } from './tools.js'

/**
 * The items of a request as a chat history. Neighbouring items of the model (reasoning, messages, calls) are one assistant message, and
 * each result follows the message with its call. https://platform.openai.com/docs/api-reference/responses/create (input)
 * @throws {BadRequestError} naming the item that the answer would be wrong without
 */
export function decodeInput(
  input: unknown,
  instructions: unknown,
  names: ToolNames,
  context: InboundContext,
): Message[] {
  const history = new History(names, context)
  if (typeof instructions === 'string' && instructions) history.instruct(instructions)
  else if (Array.isArray(instructions)) history.addAll(instructions, 'instructions')
  if (typeof input === 'string') history.addAll([{ role: 'user', content: input }], 'input')
  else if (Array.isArray(input)) history.addAll(input, 'input')
  else if (input !== undefined && input !== null) {
    throw new BadRequestError(
      `'input' must be a string or an array of items; got ${isFields(input) ? 'an object' : typeof input}.`,
      {
        param: 'input',
      },
    )
  }
  return history.messages()
}

/** An assistant message under construction, with the results of its calls. */
interface Turn {
  readonly message: AssistantMessage
  readonly results: ToolMessage[]
}

class History {
  readonly #entries: (Message | Turn)[] = []
  /** The turn that the next item of the model belongs to. */
  #turn: Turn | undefined
  /** By the id of the call. */
  readonly #turns = new Map<string, Turn>()
  readonly #names: ToolNames
  readonly #context: InboundContext

  constructor(names: ToolNames, context: InboundContext) {
    this.#names = names
    this.#context = context
  }

  instruct(content: string): void {
    this.#entries.push({ role: 'system', content })
  }

  addAll(items: readonly unknown[], param: string): void {
    for (const [at, item] of items.entries()) {
      if (!isFields(item)) throw invalid(`${param}[${at}]`, 'must be an object')
      this.#add(item, `${param}[${at}]`)
    }
  }

  messages(): Message[] {
    return this.#entries.flatMap((entry): Message[] => {
      if (!('results' in entry)) return [entry]
      const { message, results } = entry
      // reasoning without an answer is of no use to the next turn
      if (message.content === null && !message.tool_calls && !message.refusal && !message.images) return results
      return [message, ...results]
    })
  }

  #add(item: Fields, where: string): void {
    const type = textIn(item, 'type') ?? (item.role === undefined ? undefined : 'message')
    switch (type) {
      case 'message':
        return this.#message(item, where)
      case 'reasoning':
        return this.#reasoning(item, where)
      case 'function_call':
        return this.#call(item, textIn(item, 'name'), textIn(item, 'arguments') || '{}', where)
      case 'custom_tool_call':
        return this.#call(item, textIn(item, 'name'), customArguments(textIn(item, 'input') ?? ''), where)
      case 'computer_call':
      case 'local_shell_call':
      case 'shell_call':
      case 'apply_patch_call':
      case 'tool_search_call':
        // without such an id, the API ran the call itself
        if (!textIn(item, 'call_id')) return this.#drop(type, where)
        return this.#call(item, type.slice(0, -'_call'.length), hostedArguments(item), where)
      case 'mcp_call':
        this.#call({ ...item, call_id: item.id }, textIn(item, 'name'), textIn(item, 'arguments') || '{}', where)
        return this.#result({ call_id: item.id, output: item.output ?? item.error ?? '' }, where)
      case 'image_generation_call':
        return this.#image(item, where)
      case 'item_reference':
        if (textIn(item, 'id')?.startsWith('rs_')) {
          this.#context.warn?.({
            type: 'dropped',
            param: where,
            message: 'Left out: the reasoning is no longer remembered.',
          })
          return
        }
        throw new BadRequestError(
          `'${where}' refers to the unknown item '${String(item.id)}'. Items are remembered for some time, per key; send the item itself, or set 'store' to false.`,
          { param: where },
        )
      case 'compaction':
        throw invalid(
          where,
          'is a compaction of another API, which this model cannot read. Send the items of the conversation',
        )
      default:
        if (type?.endsWith('_output') && textIn(item, 'call_id')) return this.#result(item, where)
        return this.#drop(type, where)
    }
  }

  #drop(type: string | undefined, where: string): void {
    this.#context.warn?.({ type: 'dropped', param: where, message: `Left out: chat has no item of type '${type}'.` })
  }

  #message(item: Fields, where: string): void {
    const { role, content } = item
    switch (role) {
      case 'assistant':
        return this.#say(content)
      case 'user':
        this.#put({ role, content: userContent(content, `${where}.content`, this.#context) })
        return
      case 'system':
      case 'developer':
        this.#put({ role, content: systemContent(content, `${where}.content`, this.#context) })
        return
      default:
        throw invalid(`${where}.role`, `must be user, assistant, system or developer; got '${String(role)}'`)
    }
  }

  #put(message: Message): void {
    this.#turn = undefined
    this.#entries.push(message)
  }

  #say(content: unknown): void {
    const { message } = this.#current()
    const { text, refusal } = assistantContent(content)
    if (text) message.content = message.content ? `${message.content}${gap}${text}` : text
    if (refusal) message.refusal = (message.refusal ?? '') + refusal
  }

  #reasoning(item: Fields, where: string): void {
    const carried = unpack(item.encrypted_content)
    if (!carried && typeof item.encrypted_content === 'string') {
      this.#context.warn?.({
        type: 'dropped',
        param: `${where}.encrypted_content`,
        message: 'Left out: it was encrypted by another API.',
      })
    }
    const text = reasoningText(item)
    if (!text && !carried) return
    const turn = this.#current()
    if (text) turn.message.reasoning_content = [turn.message.reasoning_content, text].filter(Boolean).join(gap)
    if (carried) this.#restore(carried, turn)
  }

  /** Adds what the provider wants back. */
  #restore({ blocks, fields, calls }: Carried, { message }: Turn): void {
    if (blocks) {
      const all: ThinkingBlocks = [...(message.thinking_blocks ?? []), ...blocks]
      message.thinking_blocks = all
    }
    if (fields) message.provider_specific_fields = joinFields(message.provider_specific_fields ?? {}, fields)
    for (const [id, extras] of Object.entries(calls ?? {})) this.#sign(id, extras)
  }

  /** Fields of calls, which may come before or after the calls. */
  readonly #signed = new Map<string, Fields>()

  #sign(id: string, extras: Fields): void {
    this.#signed.set(id, extras)
    const call = this.#turns.get(id)?.message.tool_calls?.find((one) => one.id === id)
    if (call?.type === 'function') call.provider_specific_fields = extras
  }

  #call(item: Fields, name: string | undefined, args: string, where: string): void {
    const id = textIn(item, 'call_id') || textIn(item, 'id')
    if (!id) throw invalid(`${where}.call_id`, 'must be a string')
    if (!name) throw invalid(`${where}.name`, 'must be a string')
    const turn = this.#current()
    const extras = this.#signed.get(id)
    const call: FunctionToolCall = {
      id,
      type: 'function',
      function: { name: this.#names.chatName(name, textIn(item, 'namespace')), arguments: args },
      ...(extras && { provider_specific_fields: extras }),
    }
    turn.message.tool_calls = [...(turn.message.tool_calls ?? []), call]
    this.#turns.set(id, turn)
  }

  #result(item: Fields, where: string): void {
    const id = textIn(item, 'call_id') ?? ''
    const turn = this.#turns.get(id)
    if (!turn) throw invalid(where, `must answer a call of the input; got the call_id '${id}'`)
    const given = item.output ?? item.tools
    const content = resultContent(given, `${where}.output`, this.#context)
    turn.results.push({ role: 'tool', tool_call_id: id, content })
    this.#turn = undefined
  }

  #image(item: Fields, where: string): void {
    const data = textIn(item, 'result')
    if (!data) {
      this.#context.warn?.({ type: 'dropped', param: where, message: 'Left out: the item has no image.' })
      return
    }
    const { message } = this.#current()
    const url = `data:image/${textIn(item, 'output_format') ?? 'png'};base64,${data}`
    message.images = [...(message.images ?? []), { type: 'image_url', image_url: { url } }]
  }

  #current(): Turn {
    if (!this.#turn) {
      this.#turn = { message: { role: 'assistant', content: null }, results: [] }
      this.#entries.push(this.#turn)
    }
    return this.#turn
  }
}

/** The action of a call that only the client can run. */
const hostedArguments = ({ type: _, id: __, call_id: ___, status: ____, ...rest }: Fields): string =>
  JSON.stringify(rest.arguments ?? rest.action ?? rest.operation ?? rest)

const invalid = (where: string, problem: string): BadRequestError =>
  new BadRequestError(`'${where}' ${problem}.`, { param: where })

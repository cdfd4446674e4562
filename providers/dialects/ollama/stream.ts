import type { ChatCompletionChunk, ChunkChoice, Delta } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { callsIn, createdOf, finishReason, logprobsOf, messageExtras, toolCall } from './decode.js'
import { answerExtras, usageOf } from './usage.js'
import { type Fields, isFields, textIn } from './wire.js'

type Head = Pick<ChatCompletionChunk, 'id' | 'object' | 'created' | 'model'>

/**
 * Each line is a piece of the answer. Tool calls arrive complete, and the last line has the counts.
 * https://docs.ollama.com/api/streaming
 */
export class OllamaStream implements ChatStreamDecoder {
  done = false
  readonly #context: DecodeContext
  #head: Head | undefined
  #calls = 0
  #extras: Fields | undefined

  constructor(context: DecodeContext) {
    this.#context = context
  }

  push(_event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    let line: unknown
    try {
      line = JSON.parse(data)
    } catch {
      throw new ProviderFault(`its stream has a line that is not JSON: ${data.slice(0, 80)}`)
    }
    if (!isFields(line)) return
    if (line.error) throw new ProviderFault('its stream has an error', line)
    if (!this.#head) this.#start(line, out)
    const more = answerExtras(line)
    if (more) this.#extras = { ...this.#extras, ...more }
    const choice: ChunkChoice = { index: 0, delta: this.#delta(line), finish_reason: null }
    const logprobs = logprobsOf(line.logprobs)
    if (logprobs) choice.logprobs = logprobs
    if (Object.keys(choice.delta).length > 0 || logprobs) out.push(this.#chunk([choice]))
    if (line.done === true) this.#finish(line, out)
  }

  end(): boolean {
    return this.done
  }

  #start(line: Fields, out: ChatCompletionChunk[]): void {
    this.#head = {
      id: this.#context.fallbackId,
      object: 'chat.completion.chunk',
      created: createdOf(line, this.#context),
      model: textIn(line, 'model') || this.#context.model,
    }
    out.push(this.#chunk([{ index: 0, delta: { role: 'assistant' }, finish_reason: null }]))
  }

  #chunk(choices: ChunkChoice[]): ChatCompletionChunk {
    return { ...(this.#head as Head), choices }
  }

  #delta({ message }: Fields): Delta {
    const delta: Delta = {}
    if (!isFields(message)) return delta
    const content = textIn(message, 'content')
    if (content) delta.content = content
    const thinking = textIn(message, 'thinking')
    if (thinking) delta.reasoning_content = thinking
    const calls = callsIn(message)
    if (calls.length > 0) {
      delta.tool_calls = calls.map((call) => {
        const index = this.#calls++
        return { index, ...toolCall(call, index, this.#context) }
      })
    }
    const more = messageExtras(message)
    if (more) delta.provider_specific_fields = more
    return delta
  }

  #finish(line: Fields, out: ChatCompletionChunk[]): void {
    this.done = true
    const native = textIn(line, 'done_reason') || undefined
    const finish_reason = finishReason(native, this.#calls > 0)
    const choice: ChunkChoice = { index: 0, delta: {}, finish_reason }
    if (native !== undefined) choice.native_finish_reason = native
    const last = this.#chunk([choice])
    out.push(last)
    const usage = usageOf(line)
    const extras = this.#extras && { provider_specific_fields: this.#extras }
    if (usage) out.push({ ...this.#chunk([]), usage, ...extras })
    else Object.assign(last, extras)
  }
}

import { type Fields, filled, isObject, list, object, objects, parse, text } from '../wire/json.js'
import { splitEvents } from '../wire/sse.js'
import { agreedFinish, type ExpectedAnswer, type ExpectedChoice, type ExpectedTool } from './expectation.js'
import { keptOf, reasoningOf, reasoningSecrets, textOf, urlsOf, withSources, wordsOf } from './openai.js'
import { usageOfOpenAI } from './usage.js'

export interface ExpectedStream {
  readonly answer: ExpectedAnswer
  /** The stream breaks off with an error event. */
  readonly failed: boolean
  /** Its end was marked: `[DONE]`, a finish reason, or the dialect's own stop event. */
  readonly ended: boolean
  /** Anthropic's content blocks. */
  readonly blocks?: readonly Fields[]
}

/** What a stream of an OpenAI-shaped host says when all its chunks are put together. */
export function expectOpenAIStream(stream: string): ExpectedStream {
  const choices: Parts[] = []
  const kept: string[] = []
  const replayed: string[] = []
  let [id, model]: (string | undefined)[] = []
  let usage: unknown
  let failed = false
  let ended = false
  /** Said again, and grown, with every chunk. */
  const sources: Fields = {}
  for (const { data } of splitEvents(stream)) {
    if (data === '[DONE]') {
      // an end mark without any content is a stream that was cut
      ended = choices.some((parts) => parts?.begun)
      break
    }
    const chunk = object(parse(data))
    if (isObject(chunk.error)) failed = true
    if (!failed) kept.push(...wordsOf(id === undefined ? chunk : { ...chunk, id: undefined }))
    id ??= filled(chunk.id)
    model ??= filled(chunk.model)
    for (const name of ['search_results', 'citations']) if (list(chunk[name]).length > 0) sources[name] = chunk[name]
    usage = [chunk.usage, object(chunk.x_groq).usage].find(isObject) ?? usage
    for (const choice of objects(chunk.choices)) {
      const index = typeof choice.index === 'number' ? choice.index : 0
      choices[index] ??= new Parts(index)
      choices[index].add(choice)
      kept.push(...keptOf(object(choice.delta)))
      replayed.push(...reasoningSecrets(object(choice.delta)))
      if (filled(choice.finish_reason)) ended = true
    }
  }
  return {
    answer: {
      id,
      model,
      choices: choices
        .filter((parts) => parts !== undefined)
        .map((parts, at) => (at === 0 ? withSources(parts.choice(), sources) : parts.choice())),
      usage: usageOfOpenAI(usage),
      kept,
      replayed,
    },
    failed,
    ended,
  }
}

class Parts {
  readonly #index: number
  #text = ''
  #refusal = ''
  #reasoning = ''
  #finish: string | undefined
  #native: string | undefined
  #logprobs = 0
  #function: { name: string; arguments: string } | undefined
  readonly #urls: string[] = []
  readonly #tools: { id: string | undefined; name: string; arguments: string }[] = []

  constructor(index: number) {
    this.#index = index
  }

  add(choice: Fields): void {
    const delta = object(choice.delta)
    this.#text += textOf(delta.content)
    this.#refusal += text(delta.refusal) ?? ''
    this.#reasoning += reasoningOf(delta)
    this.#finish ??= filled(choice.finish_reason)
    this.#native ??= filled(choice.native_finish_reason) ?? filled(choice.finish_reason)
    this.#logprobs += list(object(choice.logprobs).content).length
    this.#urls.push(...urlsOf(delta))
    if (isObject(delta.function_call)) {
      this.#function ??= { name: '', arguments: '' }
      this.#function.name += text(delta.function_call.name) ?? ''
      this.#function.arguments += text(delta.function_call.arguments) ?? ''
    }
    for (const call of objects(delta.tool_calls)) this.#addTool(call)
  }

  #addTool(call: Fields): void {
    const { name, arguments: written } = object(call.function)
    const index = this.#placeOf(call, filled(name))
    this.#tools[index] ??= { id: undefined, name: '', arguments: '' }
    const tool = this.#tools[index]
    tool.id ??= filled(call.id)
    tool.name += text(name) ?? ''
    tool.arguments += text(written) ?? ''
  }

  /** Mistral has sent two whole calls under one index: another id with a name is another call. */
  #placeOf(call: Fields, name: string | undefined): number {
    const index = typeof call.index === 'number' ? call.index : 0
    const open = this.#tools[index]
    const other = open?.id !== undefined && filled(call.id) !== undefined && open.id !== call.id && name !== undefined
    return other ? this.#tools.length : index
  }

  /** Whether there is anything of an answer. */
  get begun(): boolean {
    return (
      this.#finish !== undefined ||
      this.#text + this.#refusal + this.#reasoning !== '' ||
      this.#tools.length > 0 ||
      this.#function !== undefined
    )
  }

  choice(): ExpectedChoice {
    return {
      index: this.#index,
      text: this.#text,
      refusal: this.#refusal,
      reasoning: this.#reasoning,
      tools: this.#tools.filter((tool): tool is ExpectedTool & typeof tool => tool !== undefined),
      functionCall: this.#function,
      finish: agreedFinish(
        this.#finish,
        this.#tools.filter((tool) => tool !== undefined).length,
        this.#function !== undefined && this.#function.name !== '',
      ),
      nativeFinish: this.#native,
      logprobs: this.#logprobs,
      citedUrls: this.#urls,
      thinking: [],
    }
  }
}

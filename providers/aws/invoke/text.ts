import type { ChatParams, Usage } from '../../../src/types/chat.js'
import {
  type ChatDialect,
  type DecodeContext,
  type EncodeContext,
  type Encoded,
  ProviderFault,
} from '../../contract.js'
import { extrasOf } from '../../fields.js'
import { answerOf, type Piece, TextStream, usageOf } from '../../prompt/answer.js'
import { fieldsOf, type Names } from '../../prompt/params.js'
import { llama2, llama3, mistral, type Template, titan, writePrompt } from '../../prompt/templates.js'
import { readDialogue } from '../../prompt/turns.js'
import { Report } from '../../report.js'
import { countIn, countsIn, type Fields, isFields, readChunk, readMetrics } from './wire.js'

/** A family of models whose input is one text. */
interface Family {
  readonly who: string
  template(model: string): Template
  readonly names: Names
  body(prompt: string, fields: Fields): Fields
  /** Reads an answer or a chunk of a stream. */
  read(body: Fields): Piece
  /** The fields of a complete answer that `read` reads. */
  readonly known: ReadonlySet<string>
}

const limits = { max_tokens: 'max_tokens', max_completion_tokens: 'max_tokens' }

const usageIn = (prompt: unknown, completion: unknown): Usage | undefined => {
  const [before, after] = [countIn(prompt), countIn(completion)]
  return before === undefined || after === undefined ? undefined : usageOf(before, after)
}

const toPiece = (text: unknown, finish: unknown, usage?: Usage): Piece => ({
  ...(typeof text === 'string' && { text }),
  ...(typeof finish === 'string' && { finish }),
  ...(usage && { usage }),
})

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html */
export const llama: Family = {
  who: 'Llama by InvokeModel',
  template: (model) => (/llama-?2/i.test(model) ? llama2 : llama3),
  names: {
    max_tokens: 'max_gen_len',
    max_completion_tokens: 'max_gen_len',
    temperature: 'temperature',
    top_p: 'top_p',
  },
  body: (prompt, fields) => ({ prompt, ...fields }),
  read: ({ generation, stop_reason: finish, prompt_token_count: before, generation_token_count: after }) =>
    toPiece(generation, finish, usageIn(before, after)),
  known: new Set(['generation', 'stop_reason', 'prompt_token_count', 'generation_token_count']),
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html */
export const mistralText: Family = {
  who: 'Mistral by InvokeModel',
  template: () => mistral,
  names: { ...limits, temperature: 'temperature', top_p: 'top_p', top_k: 'top_k', stop: 'stop' },
  body: (prompt, fields) => ({ prompt, ...fields }),
  read: ({ outputs }) => {
    const first: unknown = Array.isArray(outputs) ? outputs[0] : undefined
    return isFields(first) ? toPiece(first.text, first.stop_reason) : {}
  },
  known: new Set(['outputs']),
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html */
export const titanText: Family = {
  who: 'Titan by InvokeModel',
  template: () => titan,
  names: {
    max_tokens: 'maxTokenCount',
    max_completion_tokens: 'maxTokenCount',
    temperature: 'temperature',
    top_p: 'topP',
    stop: 'stopSequences',
  },
  body: (inputText, { maxTokenCount, temperature, topP, stopSequences, ...own }) => {
    const config = Object.entries({ maxTokenCount, temperature, topP, stopSequences }).filter(
      ([, value]) => value !== undefined,
    )
    return { inputText, ...(config.length > 0 && { textGenerationConfig: Object.fromEntries(config) }), ...own }
  },
  read: (body) => {
    const first: unknown = Array.isArray(body.results) ? body.results[0] : body
    if (!isFields(first)) return {}
    const usage = usageIn(body.inputTextTokenCount, first.tokenCount ?? first.totalOutputTextTokenCount)
    return toPiece(first.outputText, first.completionReason, usage)
  },
  known: new Set(['inputTextTokenCount', 'results']),
}

/** Chat over InvokeModel, for a family whose input is one text. */
export const textChat = (family: Family): ChatDialect =>
  Object.freeze({
    encode(params: ChatParams, context: EncodeContext): Encoded {
      const report = new Report(context)
      const dialogue = readDialogue(params, family.who, report)
      const fields = fieldsOf(params, family.names, family.who, report)
      report.throwUnsupported()
      const prompt = writePrompt(family.template(context.model), dialogue, report)
      return { body: family.body(prompt, fields), warnings: report.warnings }
    },
    decode(body: unknown, context: DecodeContext) {
      if (!isFields(body)) throw new ProviderFault('its answer was not an object')
      const piece = family.read(body)
      if (piece.text === undefined) {
        throw new ProviderFault('its answer has no text', typeof body.message === 'string' ? body : undefined)
      }
      const counted = piece.usage ? undefined : countsIn(context.headers)
      const usage = counted && usageOf(counted.prompt, counted.completion)
      const extras = extrasOf(body, family.known)
      return answerOf({ ...piece, ...(usage && { usage }), ...(extras && { extras }) }, context)
    },
    stream: (context: DecodeContext) =>
      new TextStream(context, (event, data) => {
        const chunk = readChunk(event, data)
        if (!chunk) return undefined
        const metrics = readMetrics(chunk)
        const piece = family.read(chunk)
        return { ...piece, ...(metrics && { usage: usageOf(metrics.prompt, metrics.completion) }) }
      }),
  })

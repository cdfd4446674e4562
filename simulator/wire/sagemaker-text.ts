import type { Answer } from '../answer.js'
import type { Frame } from '../frames.js'
import { type Json, record, string } from '../json.js'
import { readPrompt } from './prompts.js'
import { fromContainer, sagemaker } from './sagemaker.js'
import type { Wire } from './wire.js'

/** The container's finish reasons. */
const finishes: Readonly<Record<string, string>> = { stop: 'eos_token', length: 'length' }

/**
 * Amazon SageMaker endpoints with a text container such as Text Generation Inference.
 * https://huggingface.co/docs/text-generation-inference/reference/api_reference
 */
export const sagemakerText: Wire = {
  ...sagemaker,
  route(method, path, headers, body) {
    return body.inputs === undefined ? undefined : sagemaker.route(method, path, headers, body)
  },
  refuse: ({ body }) =>
    string(body.inputs)
      ? undefined
      : fromContainer({
          status: 422,
          body: { error: 'Input validation error: `inputs` cannot be empty', error_type: 'validation' },
        }),
  read({ body }) {
    const { max_new_tokens: maxTokens, stop } = record(body.parameters)
    return readPrompt(string(body.inputs) ?? '', { maxTokens, stop })
  },
  whole(answer, { body }) {
    const wanted = record(body.parameters).details === true
    return [{ generated_text: answer.choices[0]?.text ?? '', ...(wanted && { details: detailsOf(answer) }) }]
  },
  frames(answer) {
    const { text = '', textPieces = [] } = answer.choices[0] ?? {}
    const frame = (part: Frame['part'], index: number, piece: string, over: boolean): Frame => {
      const token = { id: 1000 + index, text: piece, logprob: -0.5, special: over }
      const end = { generated_text: over ? text : null, details: over ? detailsOf(answer) : null }
      return { event: 'PayloadPart', data: `data:${JSON.stringify({ index, token, ...end })}\n\n`, part }
    }
    return [
      ...textPieces.map((piece, at) => frame('content', at + 1, piece, false)),
      frame('close', textPieces.length + 1, '</s>', true),
    ]
  },
}

function detailsOf({ choices: [speech], tally }: Answer): Json {
  const { finishReason = 'stop', textPieces = [] } = speech ?? {}
  const finish_reason = finishes[finishReason] ?? finishReason
  return { finish_reason, generated_tokens: tally?.spoken ?? textPieces.length + 1, seed: null }
}

import { fromBase64, utf8 } from '../../../src/platform/index.js'
import { type DecodeContext, ProviderFault } from '../../contract.js'
import { type Fields, isFields, parseEvent } from '../../fields.js'

export { type Fields, isFields }

/** Matches the names of exceptions, which the framing passes instead of an event name. */
const exception = /(?:exception|error|failure|fault)$/i

/**
 * Reads the model's JSON, in base64, from a `chunk` of a stream.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
 * @throws {ProviderFault} on an error event
 */
export function readChunk(event: string | undefined, data: string): Fields | undefined {
  const outer = parse(data)
  if (event !== undefined && exception.test(event)) {
    throw new ProviderFault('its stream has an error', { ...outer, __type: event })
  }
  if (typeof outer.bytes !== 'string') return undefined
  return parse(utf8(fromBase64(outer.bytes)))
}

const parse = (text: string): Fields => (text === '' ? {} : parseEvent(text))

export const countIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined

/** Bedrock's own counts, in the last chunk of a stream. */
export function readMetrics(chunk: Fields): { prompt: number; completion: number } | undefined {
  const metrics = chunk['amazon-bedrock-invocationMetrics']
  if (!isFields(metrics)) return undefined
  const [prompt, completion] = [countIn(metrics.inputTokenCount), countIn(metrics.outputTokenCount)]
  return prompt === undefined || completion === undefined ? undefined : { prompt, completion }
}

/** Bedrock's own counts, in the headers of a whole answer. */
export function countsIn(headers: DecodeContext['headers']): { prompt: number; completion: number } | undefined {
  const count = (name: string) => {
    const value = headers?.[`x-amzn-bedrock-${name}-token-count`]
    return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined
  }
  const [prompt, completion] = [count('input'), count('output')]
  return prompt === undefined || completion === undefined ? undefined : { prompt, completion }
}

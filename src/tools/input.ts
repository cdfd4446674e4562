import { isSchema } from '../call/validate.js'
import type { ResponseFormatInput } from '../types/chat.js'
import type { StandardSchema } from '../types/schema.js'
import type { AnyTool } from './types.js'

/** The input of a call, or the reason why there is none. */
export type ReadInput =
  | { readonly input: unknown; readonly repaired: boolean; readonly error?: undefined }
  | { readonly error: string; readonly input: unknown; readonly repaired: boolean }

/**
 * Reads the arguments that a model wrote: JSON, repaired if it is broken, and validated if the tool has a schema object.
 * @param cut true if the answer ended at its limit: a repair would complete arguments that the model never wrote
 */
export async function readInput({ parameters }: AnyTool, text: string, cut: boolean): Promise<ReadInput> {
  const { value, repaired } = await parse(text, cut)
  if (value === undefined) {
    const error = cut
      ? 'The arguments were cut at the limit of output tokens. Call the tool again with shorter arguments.'
      : 'The arguments must be a JSON object. Call the tool again with valid JSON.'
    return { error, input: undefined, repaired }
  }
  if (!isSchema(parameters as ResponseFormatInput | undefined)) return { input: value, repaired }
  const result = await (parameters as unknown as StandardSchema)['~standard'].validate(value)
  if (!result.issues) return { input: result.value, repaired }
  const issues = result.issues.map(({ message, path = [] }) => {
    const name = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return `${name === '' ? 'arguments' : name}: ${message}`
  })
  return {
    error: `The arguments don't fit the schema:\n${issues.join('\n')}\nCall the tool again with correct arguments.`,
    input: value,
    repaired,
  }
}

async function parse(text: string, cut: boolean): Promise<{ value: unknown; repaired: boolean }> {
  if (text.trim() === '') return { value: {}, repaired: false }
  let given: unknown = text
  try {
    given = JSON.parse(text)
    if (isFields(given)) return { value: given, repaired: false }
  } catch {
    if (cut) return { value: undefined, repaired: false }
  }
  const { repairArguments } = await import('../../providers/shared/calls.js')
  return { value: repairArguments(given), repaired: true }
}

const isFields = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

import { BadRequestError, LLMError } from '../errors.js'

/** Functions on messages and texts rely on documented types: another exception than ours means that an argument has the wrong one. */
export function argumentError(name: string, error: unknown): LLMError {
  if (LLMError.is(error)) return error
  const reason = error instanceof Error ? error.message : 'an unexpected exception'
  return new BadRequestError(`The arguments of ${name}() must have the documented types; got ${reason}.`, {
    cause: error,
  })
}

/** Runs a function and converts exceptions about its arguments to a BadRequestError. */
export async function withArgumentErrors<Result>(name: string, run: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    throw argumentError(name, error)
  }
}

import type { Params } from '../call/operation.js'
import { BadRequestError, got } from '../errors.js'

/** @throws {BadRequestError} unless `stream` is a boolean or absent */
export function checkStream({ stream }: Params): void {
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    throw new BadRequestError(`'stream' must be a boolean; ${got(stream)}.`, { param: 'stream' })
  }
}

/** @throws {BadRequestError} unless `messages` is a non-empty array */
export function checkMessages(messages: unknown, advice = ''): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new BadRequestError(
      `'messages' must be a non-empty array, for example [{ role: 'user', content: 'Hello' }]; ${got(messages)}.${advice && ` ${advice}`}`,
      { param: 'messages' },
    )
  }
}

import { BadRequestError } from '../errors.js'

/**
 * The parts of llmux that a Cloudflare Worker needs for `client.fetch` and for the APIs of other vendors only. Wrangler puts everything
 * that llmux could load into one file, so the build for workers has these parts in the entries `llmux/server` and `llmux/batch`.
 */

const parts = new Map<string, unknown>()

/** Adds a part. */
export const addPart = (name: string, module: unknown): unknown => parts.set(name, module)

/** @throws {BadRequestError} if the worker does not import the entry with the part */
export function part<Module>(name: string, entry = 'llmux/server', content = 'the server'): Module {
  const found = parts.get(name)
  if (found !== undefined) return found as Module
  throw new BadRequestError(
    `This call needs ${content} of llmux, which is not part of the worker. Add the line: import '${entry}'.`,
  )
}

import { BadRequestError } from '../errors.js'

/**
 * The parts of llmux that a Cloudflare Worker needs for `client.fetch` and for the APIs of other vendors only. Wrangler puts everything
 * that llmux could load into one file, so the build for workers has these parts in the entry `llmux/server`.
 */

const parts = new Map<string, unknown>()

/** Adds a part. */
export const addPart = (name: string, module: unknown): unknown => parts.set(name, module)

/** @throws {BadRequestError} if the worker does not import `llmux/server` */
export function part<Module>(name: string): Module {
  const found = parts.get(name)
  if (found !== undefined) return found as Module
  throw new BadRequestError(
    "This call needs the server of llmux, which is not part of the worker. Add the line: import 'llmux/server'.",
  )
}

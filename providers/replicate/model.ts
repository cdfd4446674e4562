import { BadRequestError } from '../../src/errors.js'

/** Forms of model names: `owner/name`, `owner/name:version`, a bare version, and `deployments/owner/name`. */

const version = /^(?:[^/]+\/[^/:]+:)?([0-9a-f]{64})$/
// both become part of a path without encoding
const deployment = /^deployments\/(\w[\w.-]*)\/(\w[\w.-]*)$/
const official = /^(\w[\w.-]*)\/(\w[\w.-]*)$/

/** The version in a model name, if any. */
export const versionOf = (model: string): string | undefined => version.exec(model)?.[1]

/**
 * https://replicate.com/docs/topics/predictions/create-a-prediction
 * @throws {BadRequestError} if the name has none of these forms
 */
export function pathOf(model: string): string {
  if (version.test(model)) return '/v1/predictions'
  const [, , deployed] = deployment.exec(model) ?? []
  if (deployed !== undefined) return `/v1/${model}/predictions`
  if (official.test(model)) return `/v1/models/${model}/predictions`
  throw new BadRequestError(
    `Invalid Replicate model '${model}'. Use 'replicate/owner/name', 'replicate/owner/name:<version of 64 hex digits>' or ` +
      "'replicate/deployments/owner/name'.",
    { provider: 'replicate', model, param: 'model' },
  )
}

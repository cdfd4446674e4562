import { BadRequestError } from '../../src/errors.js'

/** The names of models: `owner/name`, `owner/name:version`, a bare version, and `deployments/owner/name`. */

const version = /^(?:[^/]+\/[^/:]+:)?([0-9a-f]{64})$/
// they become a path as they are
const deployment = /^deployments\/(\w[\w.-]*)\/(\w[\w.-]*)$/
const official = /^(\w[\w.-]*)\/(\w[\w.-]*)$/

/** The version that is run, where the name has one. */
export const versionOf = (model: string): string | undefined => version.exec(model)?.[1]

/**
 * https://replicate.com/docs/topics/predictions/create-a-prediction
 * @throws {BadRequestError} where the name is none
 */
export function pathOf(model: string): string {
  if (version.test(model)) return '/v1/predictions'
  const [, , deployed] = deployment.exec(model) ?? []
  if (deployed !== undefined) return `/v1/${model}/predictions`
  if (official.test(model)) return `/v1/models/${model}/predictions`
  throw new BadRequestError(
    `'${model}' is no model of Replicate: write 'replicate/owner/name', 'replicate/owner/name:<version of 64 hex digits>' or ` +
      "'replicate/deployments/owner/name'.",
    { provider: 'replicate', model, param: 'model' },
  )
}

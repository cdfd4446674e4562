/** Names of models on AWS: ids, ARNs, and ids with the region in front, as LiteLLM writes them. */

const regionPrefix = /^([a-z]{2,4}(?:-[a-z]+)+-\d+)\/(?=.)/
const arn = /^arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]+):/

/** ARNs may be URL-encoded already. */
function decodeArn(model: string): string {
  if (!/^arn%3a/i.test(model)) return model
  try {
    return decodeURIComponent(model)
  } catch {
    return model
  }
}

/** The id or ARN of a model, without the region in front of it. */
export const modelId = (model: string): string => decodeArn(model.replace(regionPrefix, ''))

/** The region that a model's name contains. */
export const modelRegion = (model: string): string | undefined =>
  regionPrefix.exec(model)?.[1] ?? arn.exec(decodeArn(model))?.[1]

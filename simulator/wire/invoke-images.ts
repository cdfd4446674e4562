import { type Json, list, number, record, string } from '../json.js'
import { converse } from './converse.js'
import { pixel } from './media.js'
import type { Wire } from './wire.js'

/** Images of Bedrock over InvokeModel. https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html */
export const invokeImages: Wire = {
  ...converse,
  route(method, path) {
    const [, id] = /\/model\/([^/?]+)\/invoke(?:\?|$)/.exec(path) ?? []
    const model = id === undefined ? '' : decodeURIComponent(id)
    return method === 'POST' && /nova-canvas|titan-image|stability\./.test(model)
      ? { operation: 'imageGeneration', model }
      : undefined
  },
  refuse: ({ body, model, ...request }) => {
    const known = isStability(model) ? string(body.prompt) : string(body.taskType)
    if (known !== undefined) return undefined
    const message = 'Malformed input request: required key not found, please reformat your input and try again.'
    return converse.error({ ...request, body, model }, { status: 400, message })
  },
  media: ({ body, model }) => ({ body: isStability(model) ? stability() : amazon(body) }),
}

const isStability = (model: string): boolean => model.includes('stability.')

const stability = (): Json => ({ seeds: [1], finish_reasons: [null], images: [pixel] })

function amazon({ imageGenerationConfig: config }: Json): Json {
  const count = number(record(config).numberOfImages) ?? 1
  return { images: list(Array.from({ length: count }, () => pixel)) }
}

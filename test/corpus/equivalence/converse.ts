import { isObject, object, objects, parse, text } from '../wire/json.js'
import { type Rule, same } from './rule.js'

/** Differences that are meant between what llmux sends to Converse and what was recorded. */
export const converseRules: readonly Rule[] = [
  same('nothing-said', 'an empty object or list says nothing', (body) => {
    const config = object(body.inferenceConfig)
    if (Array.isArray(config.stopSequences) && config.stopSequences.length === 0) delete config.stopSequences
    for (const key of ['system', 'inferenceConfig', 'additionalModelRequestFields']) {
      const value = body[key]
      if (value !== undefined && Object.keys(object(value)).length === 0 && objects(value).length === 0)
        delete body[key]
    }
  }),
  same('success-is-the-default', 'the result of a tool is a success where nothing else is said', (body) => {
    for (const { toolResult, toolUse } of objects(body.messages).flatMap(({ content }) => objects(content))) {
      if (isObject(toolResult) && toolResult.status === 'success') delete toolResult.status
      if (isObject(toolUse)) delete toolUse.type
    }
  }),
  {
    name: 'format-by-media-type',
    reason: 'the API has words of its own for formats, and takes media types in their place',
    apply: (_, recorded) => {
      for (const { video } of objects(recorded.messages).flatMap(({ content }) => objects(content))) {
        if (isObject(video)) video.format = text(video.format)?.replace(/^video\//, '')
      }
    },
  },
  same('schema-as-text', 'the schema travels as a text: two texts of the same JSON are the same', (body) => {
    const given = object(object(object(body.outputConfig).textFormat).structure).jsonSchema
    if (isObject(given)) given.schema = parse(text(given.schema) ?? '')
  }),
]

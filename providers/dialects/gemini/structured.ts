import type { ResponseFormat } from '../../../src/types/chat.js'
import type { JSONTool } from '../../shared/encode-state.js'
import { makeAnswerTool, readFormat } from '../../shared/format.js'
import type { Kit } from './kit.js'
import { openAPISchema } from './open-api.js'
import { cleanSchema } from './schema.js'
import type { ToolPlan } from './tools.js'
import type { Fields, Part } from './wire.js'

export interface Structured {
  /** For `generationConfig`. */
  readonly config?: Fields
  /** The function that stands for the format, where the model has no format beside functions. */
  readonly json?: JSONTool
  /** To add to the instructions. */
  readonly instruction?: Part
}

/**
 * `response_format`: the model's own JSON mode and schema, or, where it takes none beside functions, a function that it must call
 * with the answer. https://ai.google.dev/gemini-api/docs/structured-output
 */
export function encodeFormat(format: ResponseFormat | null | undefined, plan: ToolPlan, kit: Kit): Structured {
  const asked = readFormat(format, kit.report)
  if (!asked) return {}
  const { schema } = asked
  const alone = plan.functions.length === 0 || kit.facts.schemaWithTools
  if (alone && kit.facts.system)
    return { config: { responseMimeType: 'application/json', ...schemaField(schema, kit) } }
  if (!schema || !kit.facts.system) return instructed(schema, kit)
  return byFunction(schema, String(asked.description ?? asked.name ?? ''), plan, kit)
}

function schemaField(schema: Fields | undefined, kit: Kit): Fields {
  if (!schema) return {}
  if (kit.facts.jsonSchema && kit.quirks.jsonSchema !== false) return { responseJsonSchema: cleanSchema(schema) }
  const { schema: converted, lost } = openAPISchema(schema)
  if (lost.length > 0) {
    kit.report.changed('response_format', `This model knows no ${lost.join(', ')} in schemas: left out.`)
  }
  return { responseSchema: converted }
}

function instructed(schema: Fields | undefined, kit: Kit): Structured {
  kit.report.emulated('response_format', 'This model has no JSON mode here: it is asked for JSON in the instructions.')
  const what = schema ? ` that fits this JSON Schema: ${JSON.stringify(schema)}` : ''
  return {
    instruction: {
      text: `Answer with one valid JSON object${what} and nothing else: no Markdown fences, no words before or after it.`,
    },
  }
}

function byFunction(schema: Fields, about: string, plan: ToolPlan, kit: Kit): Structured {
  const { json, input } = makeAnswerTool(schema, kit.names)
  const { name } = json
  plan.functions.push({
    name,
    description: `Gives the final answer. Call it once, with the whole answer as its arguments: ${about}`,
    ...(kit.facts.jsonSchema && kit.quirks.jsonSchema !== false
      ? { parametersJsonSchema: cleanSchema(input) }
      : { parameters: openAPISchema(input).schema }),
  })
  kit.report.emulated(
    'response_format',
    `The schema is given to the model as a function ('${name}'), and its call is the answer.`,
  )
  const only = plan.choice?.allowedFunctionNames
  // a function that the caller asks for comes first; the answer is for the next turn
  if (!Array.isArray(only)) {
    const none = plan.choice?.mode === 'NONE'
    plan.choice = { mode: 'ANY', ...(none && { allowedFunctionNames: [name] }) }
  }
  return { json }
}

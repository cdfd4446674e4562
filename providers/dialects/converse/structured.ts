import type { ResponseFormat } from '../../../src/types/chat.js'
import { jsonObjectInstruction } from '../../instruction.js'
import type { JSONTool } from '../../shared/encode-state.js'
import { makeAnswerTool, readFormat } from '../../shared/format.js'
import { closeSchema, isRecursive } from '../anthropic/format.js'
import type { Kit } from './kit.js'
import type { ToolPlan } from './tool-plan.js'
import type { Fields } from './wire.js'

export interface Structured {
  /** For `outputConfig.textFormat`. */
  readonly format?: Fields
  /** The tool that stands for the format, where the model has no format of its own. */
  readonly json?: JSONTool
  /** To add to the instructions. */
  readonly instruction?: string
}

/**
 * `response_format`: the model's own JSON schema where it has that, else a tool that it must call with the answer, else words.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
export function encodeFormat(
  format: ResponseFormat | null | undefined,
  plan: ToolPlan,
  thinksByBudget: boolean,
  kit: Kit,
): Structured {
  const asked = readFormat(format, kit.report)
  if (!asked) return {}
  if (!asked.schema) return anyObject(kit)
  const { schema, description, name } = asked
  if (!kit.facts.schemas && !kit.facts.tools) return byInstruction(schema, kit)
  if (!kit.facts.schemas || isRecursive(schema)) return byTool(schema, description ?? name, plan, thinksByBudget, kit)
  const closed = closeSchema(schema)
  if (closed.told.length > 0) {
    kit.report.changed(
      'response_format',
      `The model is told of ${closed.told.join(', ')} in the schema's descriptions, and Bedrock does not enforce them.`,
    )
  }
  const jsonSchema = { schema: JSON.stringify(closed.schema), name, ...(description !== undefined && { description }) }
  return { format: { type: 'json_schema', structure: { jsonSchema } } }
}

function anyObject(kit: Kit): Structured {
  kit.report.emulated(
    'response_format',
    'Converse has no JSON mode without a schema: the model is asked for JSON in the instructions.',
  )
  return { instruction: jsonObjectInstruction }
}

/** The last resort: the answer is what the model makes of it, and is checked where the caller gave a schema to check with. */
function byInstruction(schema: Fields, kit: Kit): Structured {
  kit.report.emulated(
    'response_format',
    `${kit.facts.who} has neither a format nor tools on Bedrock: the schema is given in the instructions.`,
  )
  const ask = 'Answer with one valid JSON value that fits this JSON schema and with nothing else'
  return { instruction: `${ask}: no Markdown fences, no words before or after it.\n${JSON.stringify(schema)}` }
}

function byTool(schema: Fields, about: string, plan: ToolPlan, thinksByBudget: boolean, kit: Kit): Structured {
  const { json, input } = makeAnswerTool(schema, kit.names)
  const { name } = json
  const description = `Gives the final answer. Call it once, with the whole answer as its input: ${about}`
  // told to call no tool, the model shall call this one
  const others = plan.instruction === undefined && (plan.tools.length > 0 || plan.claude.length > 0)
  plan.tools.push({ toolSpec: { name, description, inputSchema: { json: input } } })
  kit.report.emulated(
    'response_format',
    `The schema is given to the model as a tool ('${name}'), and its call is the answer.`,
  )
  if (plan.choice && 'tool' in plan.choice) return { json }
  const { choices } = kit.facts
  if (plan.instruction !== undefined) plan.instruction = undefined
  const alone = !others && choices.includes('tool')
  if (!thinksByBudget && (alone || choices.includes('any'))) {
    plan.choice = alone ? { tool: { name } } : { any: {} }
    return { json }
  }
  plan.choice = undefined
  return { json, instruction: `Give your final answer by calling the tool '${name}', and in no other way.` }
}

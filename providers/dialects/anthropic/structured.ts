import type { ResponseFormat } from '../../../src/types/chat.js'
import { jsonObjectInstruction } from '../../instruction.js'
import type { JSONTool } from '../../shared/encode-state.js'
import { makeAnswerTool, readFormat } from '../../shared/format.js'
import { closeSchema, isRecursive } from './schema.js'
import type { EncodeScope } from './scope.js'
import type { ToolPlan } from './tools.js'
import type { Block, Fields } from './wire.js'

export interface Structured {
  /** For `output_config.format`. */
  readonly format?: Fields
  /** The tool that stands for the format, where the model has no format of its own. */
  readonly json?: JSONTool
  /** To add to the instructions. */
  readonly instruction?: Block
}

/**
 * `response_format`: the model's own JSON schema where it has that, else a tool that it must call with the answer.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs
 */
export function encodeFormat(
  format: ResponseFormat | null | undefined,
  plan: ToolPlan,
  thinksByBudget: boolean,
  scope: EncodeScope,
): Structured {
  const asked = readFormat(format, scope.report)
  if (!asked) return {}
  if (!asked.schema) return anyObject(scope)
  const { schema, description, name } = asked
  const native = scope.facts.schemas && scope.quirks.schemas !== false
  if (!native || isRecursive(schema)) return byTool(schema, description ?? name, plan, thinksByBudget, scope)
  const closed = closeSchema(schema)
  if (closed.told.length > 0) {
    scope.report.changed(
      'response_format',
      `Claude is told of ${closed.told.join(', ')} in the schema's descriptions, and does not enforce them.`,
    )
  }
  const described = description !== undefined && closed.schema.description === undefined ? { description } : {}
  return { format: { type: 'json_schema', schema: { ...closed.schema, ...described } } }
}

function anyObject(scope: EncodeScope): Structured {
  scope.report.emulated(
    'response_format',
    'Claude has no JSON mode without a schema: it is asked for JSON in the instructions.',
  )
  return { instruction: say(jsonObjectInstruction) }
}

const say = (text: string): Block => ({ type: 'text', text })

function byTool(
  schema: Fields,
  about: string,
  plan: ToolPlan,
  thinksByBudget: boolean,
  scope: EncodeScope,
): Structured {
  const { json, input } = makeAnswerTool(schema, scope.names)
  const { name } = json
  plan.tools.push({
    name,
    description: `Gives the final answer. Call it once, with the whole answer as its input: ${about}`,
    input_schema: input,
  })
  scope.report.emulated(
    'response_format',
    `The schema is given to the model as a tool ('${name}'), and its call is the answer.`,
  )
  const others = plan.tools.length > 1 || plan.servers.length > 0
  const wanted = plan.choice?.type
  if (wanted === 'tool') return { json }
  if (scope.facts.forcedTools && !thinksByBudget) {
    const parallel = plan.choice?.disable_parallel_tool_use === true ? { disable_parallel_tool_use: true } : {}
    plan.choice = others && wanted !== 'none' ? { type: 'any', ...parallel } : { type: 'tool', name }
    return { json }
  }
  if (wanted === 'none') plan.choice = { type: 'auto' }
  return { json, instruction: say(`Give your final answer by calling the tool '${name}', and in no other way.`) }
}

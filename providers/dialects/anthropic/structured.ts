import type { ResponseFormat } from '../../../src/types/chat.js'
import type { JSONTool, Kit } from './kit.js'
import { closeSchema, isRecursive } from './schema.js'
import type { ToolPlan } from './tools.js'
import { type Block, type Fields, isFields } from './wire.js'

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
  kit: Kit,
): Structured {
  if (!format || format.type === 'text') return {}
  if (format.type === 'json_object') return anyObject(kit)
  if (format.type !== 'json_schema' || !isFields(format.json_schema)) {
    throw kit.report.bad(
      'response_format',
      "is { type: 'text' }, { type: 'json_object' } or { type: 'json_schema', json_schema }.",
    )
  }
  const { schema, description, name } = format.json_schema
  if (!isFields(schema)) return anyObject(kit)
  const native = kit.facts.schemas && kit.quirks.schemas !== false
  if (!native || isRecursive(schema)) return byTool(schema, description ?? name, plan, thinksByBudget, kit)
  const closed = closeSchema(schema)
  if (closed.told.length > 0) {
    kit.report.changed(
      'response_format',
      `Claude is told of ${closed.told.join(', ')} in the schema's descriptions, and does not enforce them.`,
    )
  }
  const described = description !== undefined && closed.schema.description === undefined ? { description } : {}
  return { format: { type: 'json_schema', schema: { ...closed.schema, ...described } } }
}

function anyObject(kit: Kit): Structured {
  kit.report.emulated(
    'response_format',
    'Claude has no JSON mode without a schema: it is asked for JSON in the instructions.',
  )
  return {
    instruction: say(
      'Answer with one valid JSON object and nothing else: no Markdown fences, no words before or after it.',
    ),
  }
}

const say = (text: string): Block => ({ type: 'text', text })

function byTool(schema: Fields, about: string, plan: ToolPlan, thinksByBudget: boolean, kit: Kit): Structured {
  const wrapped = schema.type !== 'object'
  const name = kit.names.unused('respond_with_json')
  plan.tools.push({
    name,
    description: `Gives the final answer. Call it once, with the whole answer as its input: ${about}`,
    input_schema: wrapped ? wrap(schema) : schema,
  })
  kit.report.emulated(
    'response_format',
    `The schema is given to the model as a tool ('${name}'), and its call is the answer.`,
  )
  const json: JSONTool = { name, wrapped }
  const others = plan.tools.length > 1 || plan.servers.length > 0
  const wanted = plan.choice?.type
  if (wanted === 'tool') return { json }
  if (kit.facts.forcedTools && !thinksByBudget) {
    const parallel = plan.choice?.disable_parallel_tool_use === true ? { disable_parallel_tool_use: true } : {}
    plan.choice = others && wanted !== 'none' ? { type: 'any', ...parallel } : { type: 'tool', name }
    return { json }
  }
  if (wanted === 'none') plan.choice = { type: 'auto' }
  return { json, instruction: say(`Give your final answer by calling the tool '${name}', and in no other way.`) }
}

/** Definitions stay at the root, where references look for them. */
function wrap({ $defs, definitions, $schema: _, ...schema }: Fields): Fields {
  return {
    type: 'object',
    properties: { response: schema },
    required: ['response'],
    ...($defs !== undefined && { $defs }),
    ...(definitions !== undefined && { definitions }),
  }
}

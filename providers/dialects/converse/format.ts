import type { ResponseFormat } from '../../../src/types/chat.js'
import { jsonObjectInstruction } from '../../instruction.js'
import type { JSONTool } from '../../shared/encode-state.js'
import { formatName, makeAnswerTool, readFormat } from '../../shared/format.js'
import { closeSchema, isRecursive } from '../anthropic/format.js'
import type { EncodeScope, ToolPlan } from './scope.js'
import type { Fields } from './wire.js'

export interface Structured {
  /** For `outputConfig.textFormat`. */
  readonly format?: Fields
  /** The tool that replaces the format, for models without one. */
  readonly json?: JSONTool
  /** To append to the instructions. */
  readonly instruction?: string
}

type WithSchema = Extract<NonNullable<ReturnType<typeof readFormat>>, { readonly schema: Fields }>

/**
 * `response_format`: the model's own JSON schema, else a tool whose call is the answer, else an instruction.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
export function encodeFormat(
  format: ResponseFormat | null | undefined,
  plan: ToolPlan,
  scope: EncodeScope,
): Structured {
  const asked = readFormat(format, scope.report)
  if (!asked) return {}
  if (!asked.schema) return instructObject(scope)
  const { facts, report } = scope
  if (!facts.schemas && !facts.tools) return instructSchema(asked.schema, scope)
  if (!facts.schemas || isRecursive(asked.schema)) return addAnswerTool(asked, plan, scope)
  const { schema, description, name } = asked
  const closed = closeSchema(schema)
  if (closed.told.length > 0) {
    report.changed(
      'response_format',
      `${closed.told.join(', ')} moved to the descriptions of the schema, as Bedrock does not enforce them.`,
    )
  }
  const jsonSchema = {
    schema: JSON.stringify(closed.schema),
    name: formatName(name),
    ...(description !== undefined && { description }),
  }
  return { format: { type: 'json_schema', structure: { jsonSchema } } }
}

function instructObject({ report }: EncodeScope): Structured {
  report.emulated('response_format', 'Converse has no JSON mode without a schema: the instructions ask for JSON.')
  return { instruction: jsonObjectInstruction }
}

/** The last resort. The call validates the answer if the caller passed a schema object. */
function instructSchema(schema: Fields, { report, facts }: EncodeScope): Structured {
  report.emulated(
    'response_format',
    `${facts.who} has neither formats nor tools on Bedrock: the instructions contain the schema.`,
  )
  const ask = 'Answer with one valid JSON value that fits this JSON schema and with nothing else'
  return { instruction: `${ask}: no Markdown fences, no words before or after it.\n${JSON.stringify(schema)}` }
}

function addAnswerTool(
  { schema, description: about, name: title }: WithSchema,
  plan: ToolPlan,
  scope: EncodeScope,
): Structured {
  const { json, input } = makeAnswerTool(schema, scope.names)
  const { name } = json
  const description = `Gives the final answer. Call it once, with the whole answer as its input: ${about ?? title}`
  // a model that must call no other tool can be forced to call this one
  const others = plan.instruction === undefined && (plan.tools.length > 0 || plan.claude.length > 0)
  plan.tools.push({ toolSpec: { name, description, inputSchema: { json: input } } })
  scope.report.emulated('response_format', `The schema is sent as a tool ('${name}'), and its call is the answer.`)
  if (plan.choice && 'tool' in plan.choice) return { json }
  const { choices } = scope.facts
  plan.instruction = undefined
  const alone = !others && choices.includes('tool')
  if (!plan.budgeted && (alone || choices.includes('any'))) {
    plan.choice = alone ? { tool: { name } } : { any: {} }
    return { json }
  }
  plan.choice = undefined
  return { json, instruction: `Give your final answer by calling the tool '${name}', and in no other way.` }
}

import type { ChatParams } from '../../../src/types/chat.js'
import { allowedNames } from '../../shared/tool-choice.js'
import type { Kit } from './kit.js'
import type { ToolPlan } from './tools.js'
import { type Fields, isFields } from './wire.js'

/** `tool_choice` as a mode, with the names that it allows. https://ai.google.dev/api/caching#FunctionCallingConfig */
export function encodeChoice(params: ChatParams, plan: ToolPlan, kit: Kit): Fields | undefined {
  const { tool_choice, function_call } = params
  const choice: unknown = tool_choice ?? function_call
  if (choice === undefined || choice === null) return undefined
  const none = plan.functions.length === 0
  if (choice === 'auto' || choice === 'none') return none ? undefined : { mode: choice.toUpperCase() }
  if (none && plan.servers.length > 0) {
    kit.report.unsupported('tool_choice', "Google's own tools can't be forced")
    return undefined
  }
  if (none) throw kit.report.invalid('tool_choice', 'asks for a tool, and there are no tools.')
  if (choice === 'required') return { mode: 'ANY' }
  if (!isFields(choice)) {
    throw kit.report.invalid('tool_choice', `is '${String(choice)}': use auto, none, required or a function.`)
  }
  switch (choice.type) {
    case 'function':
    case undefined:
      return named(isFields(choice.function) ? choice.function.name : choice.name, plan, kit)
    case 'allowed_tools':
      return allowed(isFields(choice.allowed_tools) ? choice.allowed_tools : choice, plan, kit)
    // Anthropic's
    case 'tool':
      return named(choice.name, plan, kit)
    case 'any':
      return { mode: 'ANY' }
    case 'auto':
    case 'none':
      return { mode: choice.type.toUpperCase() }
    default:
      kit.report.unsupported('tool_choice', `Gemini can't be told to use a tool of the type '${String(choice.type)}'`)
      return undefined
  }
}

function named(name: unknown, plan: ToolPlan, kit: Kit): Fields {
  const wire = kit.names.wire(String(name))
  if (!plan.functions.some((one) => one.name === wire)) {
    throw kit.report.invalid('tool_choice', `asks for '${String(name)}', which is not among the tools.`)
  }
  return { mode: 'ANY', allowedFunctionNames: [wire] }
}

/** Names go with ANY only: where the model is free to call, it is shown what it may. */
function allowed({ mode, tools }: Fields, plan: ToolPlan, kit: Kit): Fields {
  const wanted = allowedNames(tools, kit.names)
  const names = plan.functions.map((one) => String(one.name)).filter((name) => wanted.has(name))
  if (names.length === 0) throw kit.report.invalid('tool_choice', 'allows only tools that are not among the tools.')
  if (mode === 'required') return { mode: 'ANY', allowedFunctionNames: names }
  plan.functions.splice(0, plan.functions.length, ...plan.functions.filter((one) => wanted.has(String(one.name))))
  return { mode: 'AUTO' }
}

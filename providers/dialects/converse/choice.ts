import type { ToolChoice } from '../../../src/types/chat.js'
import { allowedNames } from '../../shared/tool-choice.js'
import type { Kit } from './kit.js'
import { type Choice, hasTools, nameOf, type ToolPlan } from './tool-plan.js'
import { type Fields, inner, isFields, type Turn, textIn } from './wire.js'

const dontCall = 'Do not call any tool: answer with text only.'

/** Settles `plan.choice`, and takes out of the plan what may not be called. */
export function encodeChoice(
  plan: ToolPlan,
  choice: ToolChoice | Fields | undefined,
  turns: readonly Turn[],
  thinksByBudget: boolean,
  kit: Kit,
): void {
  if (choice === 'none' || !hasTools(plan)) {
    if (choice !== undefined && choice !== 'none' && choice !== 'auto') {
      throw kit.report.invalid('tool_choice', 'asks for a tool, and there are no tools.')
    }
    return noTools(plan, turns, kit)
  }
  const wanted = read(plan, choice, kit)
  if (wanted === undefined) return
  plan.choice = 'auto' in wanted ? wanted : forced(plan, wanted, thinksByBudget, kit)
}

/**
 * Converse has no `none`. Without tools none is called; but where the history has calls, the API wants their tools declared.
 */
function noTools(plan: ToolPlan, turns: readonly Turn[], kit: Kit): void {
  const called = new Set<string>()
  for (const { content } of turns) {
    for (const block of content) {
      const name = textIn(inner(block, 'toolUse') ?? {}, 'name')
      if (name !== undefined) called.add(name)
    }
  }
  if (called.size === 0) {
    plan.tools = []
    plan.claude.length = 0
    return
  }
  for (const tool of plan.tools) called.delete(nameOf(tool) ?? '')
  for (const { name } of plan.claude) called.delete(String(name))
  for (const name of called)
    plan.tools.push({ toolSpec: { name, inputSchema: { json: { type: 'object', properties: {} } } } })
  plan.instruction = dontCall
  kit.report.emulated(
    'tool_choice',
    'Bedrock wants the tools of the history declared, and has no way to forbid them: the model is told not to call any.',
  )
}

function read(plan: ToolPlan, choice: ToolChoice | Fields | undefined, kit: Kit): Choice | undefined {
  if (choice === undefined || choice === null) return undefined
  if (choice === 'auto') return { auto: {} }
  if (choice === 'required') return { any: {} }
  if (!isFields(choice)) {
    throw kit.report.invalid('tool_choice', `is '${String(choice)}': use auto, none, required or a function.`)
  }
  if (choice.type === 'function' && isFields(choice.function)) return named(plan, choice.function.name, kit)
  if (choice.type === 'tool') return named(plan, choice.name, kit)
  if (choice.type === 'any') return { any: {} }
  if (choice.type === 'auto') return { auto: {} }
  if (choice.type === 'allowed_tools' && isFields(choice.allowed_tools))
    return allowOnly(plan, choice.allowed_tools, kit)
  if (choice.type === 'custom') {
    kit.report.unsupported('tool_choice', 'Bedrock has no tools with free text as input')
    return undefined
  }
  return choice as Choice
}

function named(plan: ToolPlan, name: unknown, kit: Kit): Choice {
  const wire = kit.names.wire(String(name))
  if (!plan.tools.some((tool) => nameOf(tool) === wire) && !plan.claude.some((tool) => tool.name === wire)) {
    throw kit.report.invalid('tool_choice', `asks for '${String(name)}', which is not among the tools.`)
  }
  return { tool: { name: wire } }
}

function allowOnly(plan: ToolPlan, { mode, tools }: Fields, kit: Kit): Choice {
  const allowed = allowedNames(tools, kit.names)
  plan.tools = plan.tools.filter((tool) => allowed.has(nameOf(tool) ?? ''))
  plan.claude.splice(0, plan.claude.length, ...plan.claude.filter(({ name }) => allowed.has(String(name))))
  if (!hasTools(plan)) throw kit.report.invalid('tool_choice', 'allows only tools that are not among the tools.')
  return mode === 'required' ? { any: {} } : { auto: {} }
}

/** Some models can't be made to call a tool, or not a certain one, and Claude can't while it thinks on a budget. */
function forced(plan: ToolPlan, wanted: Choice, thinksByBudget: boolean, kit: Kit): Choice | undefined {
  const { choices, who } = kit.facts
  if (thinksByBudget) {
    kit.report.unsupported('tool_choice', 'a call cannot be forced together with a thinking budget')
    return { auto: {} }
  }
  if ('tool' in wanted ? choices.includes('tool') : choices.includes('any')) return wanted
  if ('tool' in wanted && choices.includes('any')) {
    plan.tools = plan.tools.filter((tool) => nameOf(tool) === wanted.tool.name)
    kit.report.changed(
      'tool_choice',
      `${who} can't be told which tool to call: '${wanted.tool.name}' is the only one it is given.`,
    )
    return { any: {} }
  }
  kit.report.unsupported('tool_choice', `${who} takes 'auto' and 'none' only: ask for the call in the prompt`)
  return { auto: {} }
}

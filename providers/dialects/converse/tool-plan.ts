import { type Fields, inner } from './wire.js'

/** Converse's `toolChoice`. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html */
export type Choice = { auto: Fields } | { any: Fields } | { tool: { name: string } }

/** What a request says about tools, before `response_format` may add one. */
export interface ToolPlan {
  tools: Fields[]
  /** Tools that Anthropic defines, for `additionalModelRequestFields.tools`. */
  readonly claude: Fields[]
  readonly betas: Set<string>
  choice: Choice | undefined
  /** True where the model must not call two tools in one answer. */
  readonly single: boolean
  /** To add to the instructions. */
  instruction: string | undefined
}

export const hasTools = ({ tools, claude }: ToolPlan): boolean => tools.length > 0 || claude.length > 0

export const nameOf = (tool: Fields): string | undefined => {
  const name = (inner(tool, 'toolSpec') ?? inner(tool, 'systemTool') ?? tool).name
  return typeof name === 'string' ? name : undefined
}

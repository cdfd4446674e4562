import { type Json, record, records, string } from '../json.js'

const toolName = /^[a-zA-Z0-9_-]{1,64}$/
/** https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html */
const toolless =
  /titan|deepseek\.r1|mistral-7b|mixtral|llama3-(?:8|70)b|llama2|jamba-instruct|command-(?:text|light)|claude-(?:v2|instant)/

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html */
export function findToolFault(body: Json, model: string): string | undefined {
  const messages = records(body.messages)
  if (body.toolConfig === undefined) {
    const used = messages.some(({ content }) =>
      records(content).some(({ toolUse, toolResult }) => toolUse !== undefined || toolResult !== undefined),
    )
    return used ? 'The toolConfig field must be defined when using toolUse and toolResult content blocks.' : undefined
  }
  const { tools, toolChoice } = record(body.toolConfig)
  const given = records(tools)
  if (given.length === 0) {
    return "1 validation error detected: Value '[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1"
  }
  if (toolless.test(model)) return "This model doesn't support tool use."
  const names = new Set<string>()
  for (const [index, tool] of given.entries()) {
    const fault = findSpecFault(tool, index, names)
    if (fault !== undefined) return fault
  }
  return toolChoice === undefined ? undefined : findChoiceFault(record(toolChoice), names, model)
}

function findSpecFault(tool: Json, index: number, names: Set<string>): string | undefined {
  const [kind, ...more] = Object.keys(tool)
  if (kind === undefined || more.length > 0 || !['toolSpec', 'systemTool', 'cachePoint'].includes(kind)) {
    return `The Tool object at toolConfig.tools.${index} must set one of the following keys: toolSpec, systemTool, cachePoint.`
  }
  if (kind !== 'toolSpec') return undefined
  const { name: given, description, inputSchema, ...rest } = record(tool.toolSpec)
  const name = string(given) ?? ''
  const member = `toolConfig.tools.${index + 1}.member.toolSpec`
  if (!toolName.test(name)) {
    const rule =
      name.length > 64
        ? 'Member must have length less than or equal to 64'
        : 'Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+'
    return `1 validation error detected: Value '${name}' at '${member}.name' failed to satisfy constraint: ${rule}`
  }
  if (names.has(name)) return `The tool ${name} is already defined at toolConfig.tools.${index}.`
  names.add(name)
  if (description === '') {
    return `1 validation error detected: Value '' at '${member}.description' failed to satisfy constraint: Member must have length greater than or equal to 1`
  }
  const stranger = Object.keys(rest).find((key) => key !== 'strict')
  if (stranger !== undefined) {
    return `Malformed input request: #/toolConfig/tools/${index}/toolSpec: extraneous key [${stranger}] is not permitted, please reformat your input and try again.`
  }
  const { json } = record(inputSchema)
  return record(json).type === 'object'
    ? undefined
    : `The value at toolConfig.tools.${index}.toolSpec.inputSchema.json.type must be one of the following: object.`
}

/** Models that support a forced tool call: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html */
function findChoiceFault(choice: Json, names: ReadonlySet<string>, model: string): string | undefined {
  const [kind, ...more] = Object.keys(choice)
  if (kind === undefined || more.length > 0 || !['auto', 'any', 'tool'].includes(kind)) {
    return 'The ToolChoice object at toolConfig.toolChoice must set one of the following keys: auto, any, tool.'
  }
  const unable = kind === 'tool' ? /llama|mistral|cohere|ai21/ : kind === 'any' ? /llama|cohere|ai21/ : undefined
  if (unable?.test(model)) {
    return `This model doesn't support the toolConfig.toolChoice.${kind} field. Remove toolConfig.toolChoice.${kind} and try again.`
  }
  const name = string(record(choice.tool).name)
  return kind === 'tool' && (name === undefined || !names.has(name))
    ? `The provided toolChoice name ${name ?? ''} does not match any of the tools in toolConfig.tools.`
    : undefined
}

/** Each call needs a result in the next message, and only those. */
export function findResultFault(messages: readonly Json[]): string | undefined {
  for (const [index, message] of messages.entries()) {
    const uses = ids(messages[index - 1], 'toolUse')
    const results = ids(message, 'toolResult')
    if (message.role === 'user') {
      const missing = uses.filter((id) => !results.includes(id))
      if (missing.length > 0) {
        return `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(', ')}`
      }
      const stray = results.some((id) => !uses.includes(id)) || new Set(results).size < results.length
      if (stray) {
        return `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`
      }
    }
  }
  const left = ids(messages.at(-1), 'toolUse')
  return left.length > 0
    ? `Expected toolResult blocks at messages.${messages.length}.content for the following Ids: ${left.join(', ')}`
    : undefined
}

/** Calls that the caller must answer; server tools include their results. */
function ids({ role, content }: Json = {}, kind: 'toolUse' | 'toolResult'): string[] {
  if (role !== (kind === 'toolUse' ? 'assistant' : 'user')) return []
  return records(content).flatMap((block) => {
    const { toolUseId, type } = record(block[kind])
    return typeof toolUseId === 'string' && type !== 'server_tool_use' ? toolUseId : []
  })
}

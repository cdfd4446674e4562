import type { FunctionDefinition } from '../types/chat.js'

/**
 * Functions in the prompt format of OpenAI's models, a TypeScript namespace. OpenAI documents that tools are part of the
 * system message in a syntax that the model was trained on and count as input
 * (https://platform.openai.com/docs/guides/function-calling#token-usage); the syntax itself is inferred from recorded
 * counts.
 */
export const renderFunctions = (functions: readonly FunctionDefinition[]): string => {
  const lines = ['namespace functions {', '']
  for (const { name, description, parameters } of functions) {
    if (description) lines.push(`// ${description}`)
    const fields = parameters ? renderFields(parameters, '') : []
    if (fields.length > 0) lines.push(`type ${name} = (_: {`, ...fields, '}) => any;', '')
    else lines.push(`type ${name} = () => any;`, '')
  }
  lines.push('} // namespace functions')
  return lines.join('\n')
}

/** True if the parameters start with a comment line, whose slashes the encodings merge with the preceding text. */
export const startsWithComment = ({ parameters }: FunctionDefinition): boolean => {
  const [first] = Object.values(record(parameters?.properties))
  return commentsOf(record(first)).length > 0
}

const renderFields = (schema: Record<string, unknown>, indent: string): string[] => {
  const required = Array.isArray(schema.required) ? schema.required : []
  const lines: string[] = []
  for (const [name, value] of Object.entries(record(schema.properties))) {
    const field = record(value)
    for (const comment of commentsOf(field)) lines.push(`${indent}//${comment && ` ${comment}`}`)
    const fallback = field.default === undefined ? '' : ` // default: ${JSON.stringify(field.default)}`
    lines.push(`${indent}${name}${required.includes(name) ? '' : '?'}: ${typeOf(field, indent)},${fallback}`)
  }
  return lines
}

/** Title, description and bounds, an empty comment line between them. */
const commentsOf = (schema: Record<string, unknown>): string[] => {
  const blocks: string[] = []
  if (typeof schema.title === 'string') blocks.push(schema.title)
  if (typeof schema.description === 'string') blocks.push(schema.description)
  for (const bound of ['minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'format']) {
    if (schema[bound] !== undefined) blocks.push(`${bound}: ${String(schema[bound])}`)
  }
  return blocks.flatMap((block, index) => (index === 0 ? [block] : ['', block]))
}

const typeOf = (schema: Record<string, unknown>, indent: string): string => {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const options = schema.anyOf ?? schema.oneOf
  if (Array.isArray(options)) return options.map((option) => typeOf(record(option), indent)).join(' | ')
  const { type } = schema
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one }, indent)).join(' | ')
  if (type === 'array') return `${schema.items === undefined ? 'any' : typeOf(record(schema.items), indent)}[]`
  if (type === 'object' || schema.properties !== undefined) {
    const fields = renderFields(schema, indent)
    return fields.length === 0 ? 'object' : `{\n${fields.join('\n')}\n${indent}}`
  }
  if (type === 'integer') return 'number'
  return typeof type === 'string' ? type : 'any'
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

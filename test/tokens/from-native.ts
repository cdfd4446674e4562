import { type Fields, isObject, list, object, text } from '../corpus/wire/json.js'

const json = (value: unknown): string => JSON.stringify(value ?? {})

const declared = (tool: Fields): Fields => ({
  type: 'function',
  function: {
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    parameters: tool.parameters ?? tool.parametersJsonSchema ?? object(tool.inputSchema).json,
  },
})

/** A body of Gemini's generateContent as an OpenAI-shaped request, near enough for counting. */
export function fromGemini(body: Fields): Fields {
  const system = list(object(body.systemInstruction ?? body.system_instruction).parts).map(object)
  const tools = list(body.tools).flatMap((tool) => {
    const functions = list(object(tool).functionDeclarations ?? object(tool).function_declarations)
    return functions.length > 0
      ? functions.map((entry) => declared(object(entry)))
      : [{ type: 'native', ...object(tool) }]
  })
  const messages = list(body.contents).map((entry) => {
    const { role, parts } = object(entry)
    return role === 'model' ? assistant(list(parts)) : { role: 'user', content: list(parts).map(geminiPart) }
  })
  const config = object(body.generationConfig)
  const schema = config.responseSchema ?? config.responseJsonSchema
  return {
    messages: [
      ...(system.length > 0 ? [{ role: 'system', content: system.map((part) => text(part.text)).join('\n') }] : []),
      ...messages,
    ],
    ...(tools.length > 0 && { tools }),
    ...(isObject(schema) && { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }),
    ...(body.cachedContent !== undefined && { tools: [{ type: 'cached' }] }),
  }
}

function geminiPart(entry: unknown): Fields {
  const part = object(entry)
  if (typeof part.text === 'string') return { type: 'text', text: part.text }
  if (part.functionResponse) return { type: 'text', text: json(part.functionResponse) }
  return { type: 'other' }
}

function assistant(parts: unknown[]): Fields {
  const calls = parts.map(object).flatMap((part) => (isObject(part.functionCall) ? [part.functionCall] : []))
  const said = parts.map(object).filter((part) => typeof part.text === 'string')
  return {
    role: 'assistant',
    content: said.map((part) => text(part.text)).join(''),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ name, args }, index) => ({
        id: String(index),
        type: 'function',
        function: { name, arguments: json(args) },
      })),
    }),
  }
}

/** A body of Bedrock's Converse as an OpenAI-shaped request, near enough for counting. */
export function fromConverse(body: Fields): Fields {
  const system = list(body.system).map((part) => text(object(part).text))
  const tools = list(object(body.toolConfig).tools).map((tool) => declared(object(object(tool).toolSpec)))
  return {
    messages: [
      ...(system.length > 0 ? [{ role: 'system', content: system.join('\n') }] : []),
      ...list(body.messages).flatMap((entry) => {
        const { role, content } = object(entry)
        const parts = list(content).map(object)
        const calls = parts.flatMap((part) => (isObject(part.toolUse) ? [part.toolUse] : []))
        const results = parts.flatMap((part) => (isObject(part.toolResult) ? [part.toolResult] : []))
        const rest = parts.filter((part) => !part.toolUse && !part.toolResult && !part.cachePoint)
        return [
          ...results.map((result) => ({
            role: 'tool',
            tool_call_id: text(result.toolUseId),
            content: json(result.content),
          })),
          ...(rest.length > 0 || calls.length > 0
            ? [
                {
                  role,
                  content: rest.map((part) =>
                    typeof part.text === 'string' ? { type: 'text', text: part.text } : { type: 'other' },
                  ),
                  ...(calls.length > 0 && {
                    tool_calls: calls.map((call) => ({
                      id: text(call.toolUseId),
                      type: 'function',
                      function: { name: text(call.name), arguments: json(call.input) },
                    })),
                  }),
                },
              ]
            : []),
        ]
      }),
    ],
    ...(tools.length > 0 && { tools }),
  }
}

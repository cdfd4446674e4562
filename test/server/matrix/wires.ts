import { type Fields, fieldsIn, isFields } from '../../../providers/fields.js'

/** The APIs of clients, as clients use them: requests with everything usual, and the history that they send back. */
export interface ClientWire {
  readonly name: string
  path(model: string, stream: boolean): string
  /** The first request of the conversation. */
  first(model: string): Fields
  /** The second request: the first one with the answer as the client keeps it, results of its calls, and a question. */
  next(first: Fields, answer: Fields): Fields
  /** The answer in the events of a stream, put together as a client does it. */
  assemble(events: readonly Fields[]): Fields
  said(answer: Fields): Said
  /** Type and message of an error body. */
  error(body: Fields): { readonly type: unknown; readonly message: unknown }
}

/** What an answer says, whatever its API. */
export interface Said {
  readonly text: string
  readonly reasoning: string
  readonly calls: readonly { readonly name: unknown; readonly input: unknown }[]
  readonly finish: unknown
  readonly tokens: readonly unknown[]
}

export const map = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
export const chart = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
export const texts = {
  system: 'Be brief.',
  ask: 'Weather in Oslo and Rome?',
  said: 'I look both up.',
  oslo: 'Oslo: rain',
  rome: 'Rome: see the chart',
  more: 'And the sea?',
} as const
export const reasoning = 'Two cities, so two calls.'

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = { name: 'get_weather', description: 'Weather of a city.' }

const joined = (parts: readonly Fields[], name: string): string =>
  parts.map((part) => String(part[name] ?? '')).join('')

const parsed = (text: unknown): unknown => (typeof text === 'string' && text !== '' ? JSON.parse(text) : {})

const imageURL = (data: string) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } })

const chat: ClientWire = {
  name: 'chat',
  path: () => '/v1/chat/completions',
  first: (model) => ({
    model,
    messages: [
      { role: 'system', content: texts.system },
      { role: 'user', content: [{ type: 'text', text: texts.ask }, imageURL(map)] },
    ],
    tools: [{ type: 'function', function: { ...weather, parameters: schema } }],
    tool_choice: 'auto',
    max_tokens: 4000,
    temperature: 0.5,
    stop: ['END'],
  }),
  next(first, answer) {
    const message = isFields(fieldsIn(answer.choices)[0]?.message)
      ? (fieldsIn(answer.choices)[0]?.message as Fields)
      : {}
    const [oslo, rome] = fieldsIn(message.tool_calls)
    return {
      ...first,
      messages: [
        ...fieldsIn(first.messages),
        message,
        { role: 'tool', tool_call_id: oslo?.id, content: texts.oslo },
        { role: 'tool', tool_call_id: rome?.id, content: [{ type: 'text', text: texts.rome }, imageURL(chart)] },
        { role: 'user', content: texts.more },
      ],
    }
  },
  assemble(events) {
    const message: Fields = { role: 'assistant', content: null }
    const calls: Fields[] = []
    let finish: unknown
    for (const { choices } of events) {
      for (const choice of fieldsIn(choices)) {
        finish = choice.finish_reason ?? finish
        const { tool_calls: pieces, role: _, ...delta } = isFields(choice.delta) ? choice.delta : {}
        for (const [name, value] of Object.entries(delta)) {
          const old = message[name]
          if (typeof old === 'string' && typeof value === 'string') message[name] = old + value
          else if (Array.isArray(old) && Array.isArray(value)) message[name] = [...old, ...value]
          else message[name] = isFields(old) && isFields(value) ? { ...old, ...value } : (value ?? old)
        }
        for (const { index, function: fn, ...piece } of fieldsIn(pieces)) {
          const call = calls[Number(index)] ?? { function: { name: '', arguments: '' } }
          calls[Number(index)] = call
          Object.assign(call, piece)
          const whole = call.function as Fields
          const { name = '', arguments: text = '' } = isFields(fn) ? fn : {}
          call.function = { name: `${whole.name}${name}`, arguments: `${whole.arguments}${text}` }
        }
      }
    }
    if (calls.length > 0) message.tool_calls = calls
    return { choices: [{ message, finish_reason: finish }], usage: events.at(-1)?.usage }
  },
  said({ choices, usage }) {
    const [choice] = fieldsIn(choices)
    const message = isFields(choice?.message) ? choice.message : {}
    const counts = isFields(usage) ? usage : {}
    return {
      text: String(message.content ?? ''),
      reasoning: String(message.reasoning_content ?? ''),
      calls: fieldsIn(message.tool_calls).map(({ function: fn }) => {
        const { name, arguments: text } = isFields(fn) ? fn : {}
        return { name, input: parsed(text) }
      }),
      finish: choice?.finish_reason,
      tokens: [counts.prompt_tokens, counts.completion_tokens],
    }
  },
  error: (body) => {
    const error = isFields(body.error) ? body.error : {}
    return { type: error.type, message: error.message }
  },
}

const responses: ClientWire = {
  name: 'responses',
  path: () => '/v1/responses',
  first: (model) => ({
    model,
    instructions: texts.system,
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: texts.ask },
          { type: 'input_image', image_url: `data:image/png;base64,${map}` },
        ],
      },
    ],
    tools: [{ type: 'function', ...weather, parameters: schema, strict: false }],
    tool_choice: 'auto',
    max_output_tokens: 4000,
    temperature: 0.5,
    store: false,
    include: ['reasoning.encrypted_content'],
  }),
  next(first, { output }) {
    const [oslo, rome] = fieldsIn(output).filter(({ type }) => type === 'function_call')
    const result = [
      { type: 'input_text', text: texts.rome },
      { type: 'input_image', image_url: `data:image/png;base64,${chart}` },
    ]
    return {
      ...first,
      input: [
        ...fieldsIn(first.input),
        ...fieldsIn(output),
        { type: 'function_call_output', call_id: oslo?.call_id, output: texts.oslo },
        { type: 'function_call_output', call_id: rome?.call_id, output: result },
        { role: 'user', content: texts.more },
      ],
    }
  },
  assemble: (events) => {
    const last = events.find(({ type }) => type === 'response.completed')?.response
    return isFields(last) ? last : {}
  },
  said({ output, usage, status }) {
    const items = fieldsIn(output)
    const of = (kind: string) => items.filter(({ type }) => type === kind)
    const counts = isFields(usage) ? usage : {}
    return {
      text: of('message')
        .map(({ content }) => joined(fieldsIn(content), 'text'))
        .join(''),
      reasoning: of('reasoning')
        .map(({ summary, content }) => joined([...fieldsIn(content), ...fieldsIn(summary)], 'text'))
        .join(''),
      calls: of('function_call').map(({ name, arguments: text }) => ({ name, input: parsed(text) })),
      finish: status,
      tokens: [counts.input_tokens, counts.output_tokens],
    }
  },
  error: (body) => {
    const error = isFields(body.error) ? body.error : body
    return { type: error.type, message: error.message }
  },
}

const source = (data: string) => ({ type: 'base64', media_type: 'image/png', data })

const messages: ClientWire = {
  name: 'messages',
  path: () => '/v1/messages',
  first: (model) => ({
    model,
    system: [{ type: 'text', text: texts.system, cache_control: { type: 'ephemeral' } }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: texts.ask },
          { type: 'image', source: source(map) },
        ],
      },
    ],
    tools: [{ ...weather, input_schema: schema }],
    tool_choice: { type: 'auto' },
    max_tokens: 4000,
    temperature: 0.5,
    stop_sequences: ['END'],
  }),
  next(first, { content }) {
    const [oslo, rome] = fieldsIn(content).filter(({ type }) => type === 'tool_use')
    const image = { type: 'image', source: source(chart) }
    return {
      ...first,
      messages: [
        ...fieldsIn(first.messages),
        { role: 'assistant', content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: oslo?.id, content: texts.oslo },
            { type: 'tool_result', tool_use_id: rome?.id, content: [{ type: 'text', text: texts.rome }, image] },
            { type: 'text', text: texts.more },
          ],
        },
      ],
    }
  },
  assemble(events) {
    let message: Fields = {}
    const content: Fields[] = []
    for (const { type, index, message: start, content_block: block, delta, usage } of events) {
      const at = Number(index)
      if (type === 'message_start' && isFields(start)) message = start
      if (type === 'content_block_start' && isFields(block)) content[at] = { ...block, json: '' }
      if (type === 'message_delta')
        message = { ...message, ...(delta as Fields), usage: { ...(message.usage as Fields), ...(usage as Fields) } }
      const open = content[at]
      if (type === 'content_block_delta' && open && isFields(delta)) {
        for (const name of ['text', 'thinking', 'signature'])
          if (delta[name]) open[name] = `${open[name]}${delta[name]}`
        if (delta.partial_json) open.json = `${open.json}${delta.partial_json}`
      }
    }
    const blocks = content.map(({ json, ...block }) => (json ? { ...block, input: parsed(json) } : block))
    return { ...message, content: blocks }
  },
  said({ content, stop_reason: finish, usage }) {
    const blocks = fieldsIn(content)
    const counts = isFields(usage) ? usage : {}
    const of = (kind: string) => blocks.filter(({ type }) => type === kind)
    return {
      text: joined(of('text'), 'text'),
      reasoning: joined(of('thinking'), 'thinking'),
      calls: of('tool_use').map(({ name, input }) => ({ name, input })),
      finish,
      tokens: [counts.input_tokens, counts.output_tokens],
    }
  },
  error: (body) => {
    const error = isFields(body.error) ? body.error : {}
    return { type: error.type, message: error.message }
  },
}

const inline = (data: string) => ({ inlineData: { mimeType: 'image/png', data } })

const generateContent: ClientWire = {
  name: 'generateContent',
  path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  first: () => ({
    systemInstruction: { role: 'user', parts: [{ text: texts.system }] },
    contents: [{ role: 'user', parts: [{ text: texts.ask }, inline(map)] }],
    tools: [{ functionDeclarations: [{ ...weather, parametersJsonSchema: schema }] }],
    toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    generationConfig: { maxOutputTokens: 4000, temperature: 0.5, stopSequences: ['END'] },
  }),
  next(first, answer) {
    const [candidate] = fieldsIn(answer.candidates)
    const content = isFields(candidate?.content) ? candidate.content : {}
    // some clients drop thoughts and ids
    const parts = fieldsIn(content.parts).filter(({ thought }) => thought !== true)
    const result = (response: object, more: object = {}) => ({
      functionResponse: { name: weather.name, response, ...more },
    })
    const [oslo, rome] = parts.flatMap(({ functionCall: call }) =>
      isFields(call) ? [{ ...(call.id !== undefined && { id: call.id }) }] : [],
    )
    return {
      ...first,
      contents: [
        ...fieldsIn(first.contents),
        { role: 'model', parts },
        {
          role: 'user',
          parts: [
            result({ output: texts.oslo }, oslo),
            result({ output: texts.rome }, { ...rome, parts: [inline(chart)] }),
            { text: texts.more },
          ],
        },
      ],
    }
  },
  assemble(events) {
    const candidates = events.flatMap(({ candidates }) => fieldsIn(candidates))
    const parts: Fields[] = []
    for (const { content } of candidates) {
      for (const part of isFields(content) ? fieldsIn(content.parts) : []) {
        const last = parts.at(-1)
        const continues = last?.text !== undefined && part.text !== undefined && last.thought === part.thought
        if (continues) parts[parts.length - 1] = { ...last, ...part, text: `${last.text}${part.text}` }
        else parts.push(part)
      }
    }
    return {
      candidates: [{ content: { role: 'model', parts }, finishReason: candidates.at(-1)?.finishReason }],
      usageMetadata: events.findLast(({ usageMetadata }) => usageMetadata !== undefined)?.usageMetadata,
    }
  },
  said({ candidates, usageMetadata: usage }) {
    const [candidate] = fieldsIn(candidates)
    const parts = isFields(candidate?.content) ? fieldsIn(candidate.content.parts) : []
    const counts = isFields(usage) ? usage : {}
    return {
      text: joined(
        parts.filter(({ thought }) => !thought),
        'text',
      ),
      reasoning: joined(
        parts.filter(({ thought }) => thought),
        'text',
      ),
      calls: parts.flatMap(({ functionCall: call }) => (isFields(call) ? [{ name: call.name, input: call.args }] : [])),
      finish: candidate?.finishReason,
      tokens: [counts.promptTokenCount, counts.candidatesTokenCount],
    }
  },
  error: (body) => {
    const error = isFields(body.error) ? body.error : {}
    return { type: error.status, message: error.message }
  },
}

export const wires: readonly ClientWire[] = [chat, responses, messages, generateContent]

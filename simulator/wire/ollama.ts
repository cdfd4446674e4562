import type { Answer, SpokenCall } from '../answer.js'
import { countTokens, hash, vectorOf } from '../digest.js'
import type { Frame } from '../frames.js'
import { isRecord, type Json, number, parseJson } from '../json.js'
import { ollamaError, ollamaFailure } from './ollama-errors.js'
import { embedTexts, findChatFault, findEmbedFault, onlyLoads } from './ollama-refusals.js'
import { readChat } from './ollama-request.js'
import { endsWith, type Wire, type WireRequest } from './wire.js'

const createdAt = '2023-11-14T22:13:20.123456Z'
const defaultDimensions = 768
/** Nanoseconds. */
const loadDuration = 50_000_000
const forAToken = 10_000_000

/** Ollama's own API. https://docs.ollama.com/api */
export const ollama: Wire = {
  name: 'ollama',
  framing: 'ndjson',
  streamsByDefault: true,
  route(method, path) {
    if (method === 'POST' && endsWith(path, '/api/chat')) return { operation: 'chat' }
    if (method === 'POST' && endsWith(path, '/api/embed')) return { operation: 'embedding' }
    if (method === 'GET' && endsWith(path, '/api/tags')) return { operation: 'models' }
    return undefined
  },
  key: ({ authorization = '' }) => /^Bearer (.+)$/i.exec(authorization)?.[1],
  headers: () => ({}),
  refuseKey: () => ollamaFailure(401, 'unauthorized'),
  refuse(request) {
    switch (request.operation) {
      case 'chat':
        return findChatFault(request)
      case 'embedding':
        return findEmbedFault(request)
      default:
        return undefined
    }
  },
  error: ollamaError,
  errorInside(request, status = 500) {
    const body = ollamaError(request, { status }).body as Json
    return { body, frame: { data: JSON.stringify(body), part: 'close' } }
  },
  read: ({ body }) => readChat(body),
  whole,
  frames,
  embeddings(request, vectors) {
    const texts = embedTexts(request.body)
    const size = number(request.body.dimensions) ?? defaultDimensions
    const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0)
    return {
      model: request.model,
      embeddings: texts.map((text, index) => vectors?.[index] ?? vectorOf(text, size)),
      total_duration: loadDuration + tokens * forAToken,
      load_duration: loadDuration,
      ...(tokens > 0 && { prompt_eval_count: tokens }),
    }
  },
  models: (_request, models) => ({
    models: models.map((model) => {
      const name = model.includes(':') ? model : `${model}:latest`
      const family = name.split(/[:.-]/)[0] ?? name
      return {
        name,
        model: name,
        modified_at: createdAt,
        size: 4_000_000_000,
        digest: hash('model', name).toString('hex'),
        details: {
          parent_model: '',
          format: 'gguf',
          family,
          families: [family],
          parameter_size: '4.0B',
          quantization_level: 'Q4_K_M',
        },
      }
    }),
  }),
}

function whole(answer: Answer, request: WireRequest): Json {
  const speech = answer.choices[0]
  if (onlyLoads(request.body)) return loaded(answer)
  return {
    model: answer.model,
    created_at: createdAt,
    message: {
      role: 'assistant',
      content: speech?.text ?? '',
      ...(speech?.reasoning && { thinking: speech.reasoning }),
      ...(speech && speech.toolCalls.length > 0 && { tool_calls: speech.toolCalls.map(toolCall) }),
    },
    ...end(answer),
  }
}

function frames(answer: Answer, request: WireRequest): Frame[] {
  const speech = answer.choices[0]
  const line = (part: Frame['part'], rest: Json): Frame => ({
    data: JSON.stringify({ model: answer.model, created_at: createdAt, ...rest }),
    part,
  })
  if (onlyLoads(request.body)) return [{ data: JSON.stringify(loaded(answer)), part: 'close' }]
  const say = (message: Json): Frame =>
    line('content', { message: { role: 'assistant', content: '', ...message }, done: false })
  return [
    ...(speech?.reasoningPieces ?? []).map((thinking) => say({ thinking })),
    ...(speech?.textPieces ?? []).map((content) => say({ content })),
    // calls are not split
    ...(speech?.toolCalls ?? []).map((call, index) => say({ tool_calls: [toolCall(call, index)] })),
    line('close', { message: { role: 'assistant', content: '' }, ...end(answer) }),
  ]
}

function loaded(answer: Answer): Json {
  const message = { role: 'assistant', content: '' }
  return { model: answer.model, created_at: createdAt, message, done: true, done_reason: 'load' }
}

function toolCall(call: SpokenCall, index: number): Json {
  const input = parseJson(call.arguments)
  return {
    id: call.givenId ?? `call_${call.id.slice(0, 8).toLowerCase()}`,
    function: { index, name: call.name, arguments: isRecord(input) ? input : {} },
  }
}

function end({ choices, tally }: Answer): Json {
  const reason = choices[0]?.finishReason ?? 'stop'
  return {
    done: true,
    // the finish reason is 'stop' for tool calls, too
    done_reason: reason === 'tool_calls' ? 'stop' : reason,
    ...(tally && counts(tally)),
  }
}

/** A count of 0 is omitted. */
function counts({ prompt, spoken, reasoning }: NonNullable<Answer['tally']>): Json {
  const input = prompt.fresh + prompt.cacheRead + prompt.cacheWrite5m + prompt.cacheWrite1h
  const output = spoken + reasoning
  return {
    total_duration: loadDuration + (input + output) * forAToken,
    load_duration: loadDuration,
    ...(input > 0 && { prompt_eval_count: input, prompt_eval_duration: input * forAToken }),
    ...(output > 0 && { eval_count: output, eval_duration: output * forAToken }),
  }
}

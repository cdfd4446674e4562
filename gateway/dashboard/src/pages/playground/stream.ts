import { ApiError } from '../../api/client.ts'

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string | readonly object[] | null
  readonly tool_calls?: readonly object[]
  readonly tool_call_id?: string
}

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly temperature?: number | undefined
  readonly max_tokens?: number | undefined
  readonly tools?: readonly object[] | undefined
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

export interface Answer {
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: readonly ToolCall[]
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  /** US dollars; undefined until it is known, or if it is not. */
  readonly cost: number | undefined
  readonly firstTokenMs: number | undefined
  readonly totalMs: number | undefined
  /** Model that answered. */
  readonly model: string | undefined
  readonly callId: string | undefined
}

export const emptyAnswer: Answer = {
  text: '',
  reasoning: '',
  toolCalls: [],
  inputTokens: undefined,
  outputTokens: undefined,
  cost: undefined,
  firstTokenMs: undefined,
  totalMs: undefined,
  model: undefined,
  callId: undefined,
}

interface Chunk {
  readonly model?: string
  readonly error?: { readonly message: string }
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: string | null
      readonly reasoning_content?: string | null
      readonly tool_calls?: readonly {
        readonly index: number
        readonly id?: string
        readonly function?: { readonly name?: string; readonly arguments?: string }
      }[]
    }
  }[]
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly cost?: number } | null
}

/** Adds a chunk of a stream to an answer. */
export function addChunk(answer: Answer, { model, choices, usage }: Chunk): Answer {
  const delta = choices?.[0]?.delta
  const toolCalls = [...answer.toolCalls]
  for (const { index, id, function: part } of delta?.tool_calls ?? []) {
    const before = toolCalls[index] ?? { id: '', name: '', arguments: '' }
    toolCalls[index] = {
      id: before.id || (id ?? ''),
      name: before.name + (part?.name ?? ''),
      arguments: before.arguments + (part?.arguments ?? ''),
    }
  }
  return {
    ...answer,
    text: answer.text + (delta?.content ?? ''),
    reasoning: answer.reasoning + (delta?.reasoning_content ?? ''),
    toolCalls,
    model: model ?? answer.model,
    inputTokens: usage?.prompt_tokens ?? answer.inputTokens,
    outputTokens: usage?.completion_tokens ?? answer.outputTokens,
    cost: usage?.cost ?? answer.cost,
  }
}

/** Cuts the data of server-sent events out of text that arrives in any pieces. */
export function eventReader(): (text: string) => string[] {
  let rest = ''
  return (text) => {
    rest += text
    const lines = rest.split(/\r?\n/)
    rest = lines.pop() ?? ''
    return lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim())
  }
}

/** Sends a chat request, and calls back with the answer as it grows. */
export async function streamChat(
  request: ChatRequest,
  signal: AbortSignal,
  onChange: (answer: Answer) => void,
): Promise<void> {
  const started = performance.now()
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }),
    signal,
  })
  if (!response.ok || !response.body) {
    const body = (await response.json().catch(() => undefined)) as { error?: { message?: string } } | undefined
    throw new ApiError(body?.error?.message ?? '', response.status, undefined, undefined)
  }
  let answer: Answer = { ...emptyAnswer, callId: response.headers.get('x-litellm-call-id') ?? undefined }
  const read = eventReader()
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    for (const data of read(decoder.decode(part.value, { stream: true }))) {
      if (data === '[DONE]') continue
      const chunk = JSON.parse(data) as Chunk
      if (chunk.error) throw new ApiError(chunk.error.message, 500, undefined, undefined)
      answer = addChunk(answer, chunk)
      const hasContent = answer.text !== '' || answer.reasoning !== '' || answer.toolCalls.length > 0
      if (hasContent && answer.firstTokenMs === undefined)
        answer = { ...answer, firstTokenMs: performance.now() - started }
    }
    onChange(answer)
  }
  onChange({ ...answer, totalMs: performance.now() - started })
}

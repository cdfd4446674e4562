import type { LanguageModelV3StreamPart } from '@ai-sdk/provider'
import type { CompletionStream } from '../../call/completion-stream.js'
import { toHttpError } from '../../http-error.js'
import { toParts } from './stream.js'

export interface UIMessageStreamOptions {
  /** Id of the message. @default assigned by the client */
  messageId?: string | undefined
  /** Metadata of the message, sent at its start. @default none */
  messageMetadata?: unknown
  /** Send the reasoning. @default true */
  sendReasoning?: boolean | undefined
  /** Send citations as sources. @default true */
  sendSources?: boolean | undefined
  /** Text that the browser receives for an error. @default the message of `toHttpError()`, without internal details */
  onError?: ((error: unknown) => string) | undefined
}

/** An event of the AI SDK's UI message stream. https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol */
interface UIEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/**
 * A streamed answer in the AI SDK's UI message stream protocol, as server-sent events in bytes. Cancelling it closes the
 * connection to the provider. An error becomes an `error` event.
 */
export function toUIMessageStream(
  stream: CompletionStream<unknown>,
  options: UIMessageStreamOptions = {},
): ReadableStream<Uint8Array> {
  const parts = toParts(stream, false).getReader()
  const encoder = new TextEncoder()
  const { messageId, messageMetadata } = options
  const head: UIEvent[] = [
    {
      type: 'start',
      ...(messageId !== undefined && { messageId }),
      ...(messageMetadata !== undefined && { messageMetadata }),
    },
    { type: 'start-step' },
  ]
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const send = (events: readonly UIEvent[]) => {
        let text = ''
        for (const event of events) text += `data: ${JSON.stringify(event)}\n\n`
        if (text) controller.enqueue(encoder.encode(text))
      }
      send(head.splice(0))
      for (;;) {
        const { done, value } = await parts.read()
        if (done) {
          controller.enqueue(encoder.encode('data: [DONE]\n\n'))
          return controller.close()
        }
        const events = toUIEvents(value, options)
        if (events.length > 0) return send(events)
      }
    },
    async cancel() {
      await parts.cancel()
    },
  })
}

/**
 * A response for `useChat` of the AI SDK: {@link toUIMessageStream} with the protocol's headers.
 * @example
 * const { messages } = await request.json()
 * const stream = await client.completion({ model: 'openai/gpt-5.4-mini', messages: toMessages(messages), stream: true })
 * return toUIMessageStreamResponse(stream)
 */
export function toUIMessageStreamResponse(
  stream: CompletionStream<unknown>,
  options: UIMessageStreamOptions & ResponseInit = {},
): Response {
  const { status = 200, statusText, headers, ...streamOptions } = options
  const all = new Headers(headers)
  all.set('content-type', 'text/event-stream')
  all.set('cache-control', 'no-cache')
  all.set('x-vercel-ai-ui-message-stream', 'v1')
  // nginx would otherwise collect the events
  all.set('x-accel-buffering', 'no')
  return new Response(toUIMessageStream(stream, streamOptions), {
    status,
    headers: all,
    ...(statusText !== undefined && { statusText }),
  })
}

function toUIEvents(part: LanguageModelV3StreamPart, options: UIMessageStreamOptions): UIEvent[] {
  const { sendReasoning = true, sendSources = true } = options
  switch (part.type) {
    case 'text-start':
    case 'text-delta':
    case 'text-end':
      return [part]
    case 'reasoning-start':
    case 'reasoning-delta':
    case 'reasoning-end':
      return sendReasoning ? [part] : []
    case 'tool-input-start': {
      const { id: toolCallId, toolName, inputEncoding } = part
      return [{ type: part.type, toolCallId, toolName, ...(inputEncoding && { inputEncoding }) }]
    }
    case 'tool-input-delta':
      return [{ type: part.type, toolCallId: part.id, inputTextDelta: part.delta }]
    case 'tool-call':
      return [toToolInput(part)]
    case 'file':
      return [{ type: 'file', mediaType: part.mediaType, url: `data:${part.mediaType};base64,${String(part.data)}` }]
    case 'source':
      return sendSources && part.sourceType === 'url'
        ? [{ type: 'source-url', sourceId: part.id, url: part.url, ...(part.title && { title: part.title }) }]
        : []
    case 'error': {
      const { onError = defaultErrorText } = options
      return [{ type: 'error', errorText: onError(part.error) }]
    }
    case 'finish':
      return [{ type: 'finish-step' }, { type: 'finish', finishReason: part.finishReason.unified }]
    default:
      return []
  }
}

const defaultErrorText = (error: unknown): string => toHttpError(error).body.error.message

/** A finished tool call, with its arguments as a value; arguments that are no JSON are an error of the tool call. */
function toToolInput(call: Extract<LanguageModelV3StreamPart, { type: 'tool-call' }>): UIEvent {
  const { toolCallId, toolName, input, providerMetadata } = call
  const about = { toolCallId, toolName, ...(providerMetadata && { providerMetadata }) }
  try {
    return { type: 'tool-input-available', ...about, input: input.trim() === '' ? {} : JSON.parse(input) }
  } catch {
    const errorText = `The arguments of '${toolName}' must be JSON; got ${input.length} characters that are not.`
    return { type: 'tool-input-error', ...about, input, errorText }
  }
}

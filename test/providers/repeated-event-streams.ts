import { provider as anthropicProvider } from '../../providers/anthropic.js'
import { provider as bedrockProvider } from '../../providers/bedrock.js'
import type { DecodeContext, Dialect } from '../../providers/contract.js'
import { anthropic } from '../../providers/dialects/anthropic/index.js'
import { converse } from '../../providers/dialects/converse/index.js'
import { gemini } from '../../providers/dialects/gemini/index.js'
import { openai, openaiQuirks } from '../../providers/dialects/openai/index.js'
import { provider as geminiProvider } from '../../providers/gemini.js'
import type { ChatCompletionChunk } from '../../src/types/chat.js'

/** A piece of a text, or another event in the middle of it. */
export type Step =
  | { readonly kind: 'text'; readonly text: string; readonly padding: string; readonly tokens: number }
  | { readonly kind: 'reasoning' | 'call' | 'other place' | 'more fields' | 'null counts'; readonly text: string }

export type Api = 'openai' | 'anthropic' | 'gemini' | 'converse'
type NamedEvent = readonly [name: string | undefined, event: object]

const dialects: Record<
  Api,
  readonly [dialect: unknown, quirks: unknown, events: (steps: readonly Step[]) => NamedEvent[]]
> = {
  openai: [openai, openaiQuirks, openaiEvents],
  anthropic: [anthropic, anthropicProvider.quirks, anthropicEvents],
  gemini: [gemini, geminiProvider.quirks, geminiEvents],
  converse: [converse, bedrockProvider.quirks, converseEvents],
}

/**
 * The chunks of a stream.
 * @param different adds a field of another name to each event, so that no two are alike
 */
export function decodeStream(api: Api, steps: readonly Step[], different: boolean): ChatCompletionChunk[] {
  const [dialect, quirks, events] = dialects[api]
  const context: DecodeContext = {
    provider: api,
    model: 'made',
    quirks,
    encodeState: undefined,
    created: 1_700_000_000,
    fallbackId: 'chatcmpl-made',
  }
  const decoder = (dialect as Dialect).chat?.stream(context)
  const out: ChatCompletionChunk[] = []
  for (const [at, [name, event]] of events(steps).entries()) {
    decoder?.push(name, JSON.stringify(different ? { ...event, [`field${at}`]: null } : event), out)
  }
  decoder?.end(out)
  return out
}

function openaiEvents(steps: readonly Step[]): NamedEvent[] {
  const common = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-4o', service_tier: 'default' }
  const chunk = (delta: object, more: object = {}, created = 1_700_000_000, index = 0) => ({
    ...common,
    created,
    choices: [{ index, delta, logprobs: null, finish_reason: null }],
    usage: null,
    ...more,
  })
  const usage = { prompt_tokens: 5, completion_tokens: steps.length, total_tokens: 5 + steps.length }
  const events = [
    chunk({ role: 'assistant', content: '' }),
    ...steps.map((step, at) => {
      const { text: content } = step
      switch (step.kind) {
        case 'text':
          return chunk({ content }, { obfuscation: step.padding }, 1_700_000_000 + step.tokens)
        case 'reasoning':
          return chunk({ reasoning_content: content })
        case 'call':
          return chunk({ tool_calls: [{ index: at, id: `call_${at}`, function: { name: 'f', arguments: content } }] })
        case 'other place':
          return chunk({ content }, {}, 1_700_000_000, 1)
        case 'more fields':
          return chunk({ content, refusal: content }, { system_fingerprint: 'fp', created: content })
        default:
          return chunk({ content }, { created: null, obfuscation: null })
      }
    }),
    { ...chunk({}), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...chunk({}), choices: [], usage },
  ]
  return events.map((event) => [undefined, event])
}

function anthropicEvents(steps: readonly Step[]): NamedEvent[] {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [] }
  const events: object[] = [
    { type: 'message_start', message: { ...message, stop_reason: null, usage: { input_tokens: 5, output_tokens: 1 } } },
  ]
  let index = -1
  let open = ''
  const into = (kind: string, block: object, delta: object, more: object = {}) => {
    if (open !== kind) {
      if (index >= 0) events.push({ type: 'content_block_stop', index })
      events.push({ type: 'content_block_start', index: ++index, content_block: block })
      open = kind
    }
    events.push({ type: 'content_block_delta', index, delta, ...more })
  }
  for (const { kind, text } of steps) {
    const block = { type: 'text', text: '' }
    if (kind === 'reasoning') into(kind, { type: 'thinking', thinking: '' }, { type: 'thinking_delta', thinking: text })
    else if (kind === 'call') {
      open = ''
      into(
        kind,
        { type: 'tool_use', id: `t${index}`, name: 'f', input: {} },
        { type: 'input_json_delta', partial_json: text },
      )
    } else if (kind === 'other place') into(text, block, { type: 'text_delta', text })
    else if (kind === 'more fields') into('text', block, { type: 'text_delta', text, citation: text })
    else into('text', block, { type: 'text_delta', text })
  }
  if (index >= 0) events.push({ type: 'content_block_stop', index })
  events.push(
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: steps.length } },
    { type: 'message_stop' },
  )
  return events.map((event) => [undefined, event])
}

function geminiEvents(steps: readonly Step[]): NamedEvent[] {
  const event = (parts: object[], usage: object, candidate: object = {}, more: object = {}) => ({
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...candidate }],
    usageMetadata: { promptTokenCount: 5, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 5 }], ...usage },
    modelVersion: 'gemini-2.5-flash',
    responseId: 'r-1',
    ...more,
  })
  let total = 0
  const events = steps.map((step) => {
    const { text } = step
    const usage = { candidatesTokenCount: total, totalTokenCount: 5 + total }
    switch (step.kind) {
      case 'text':
        total += step.tokens
        return event([{ text }], { candidatesTokenCount: total, totalTokenCount: 5 + total })
      case 'reasoning':
        return event([{ text, thought: true }], { ...usage, thoughtsTokenCount: total })
      case 'call':
        return event([{ functionCall: { name: 'f', args: { text } } }], usage)
      case 'other place':
        return event([{ text }], usage, { index: 1 })
      case 'more fields':
        return event([{ text }], usage, { finishReason: 'STOP' }, { unknown: text })
      default:
        return event([{ text }], { candidatesTokenCount: null, totalTokenCount: null })
    }
  })
  const last = event(
    [{ text: '' }],
    { candidatesTokenCount: total, totalTokenCount: 5 + total },
    { finishReason: 'STOP' },
  )
  const second = { ...last, candidates: [{ index: 1, finishReason: 'STOP' }] }
  const places = steps.some(({ kind }) => kind === 'other place')
  // text may follow a finish reason
  const finished = steps.some(({ kind }) => kind === 'more fields')
  return [...events, ...(finished ? [] : [last]), ...(places ? [second] : [])].map((one) => [undefined, one])
}

function converseEvents(steps: readonly Step[]): NamedEvent[] {
  const events: NamedEvent[] = [['messageStart', { role: 'assistant', p: 'abc' }]]
  let index = 0
  let open = 'text'
  const into = (kind: string, delta: object, more: object = {}) => {
    if (open !== kind) {
      events.push(['contentBlockStop', { contentBlockIndex: index++, p: 'ab' }])
      open = kind
      if (kind === 'call') {
        events.push([
          'contentBlockStart',
          { contentBlockIndex: index, start: { toolUse: { toolUseId: 't', name: 'f' } } },
        ])
      }
    }
    events.push(['contentBlockDelta', { contentBlockIndex: index, delta, ...more }])
  }
  for (const step of steps) {
    const { kind, text } = step
    if (kind === 'text') into('text', { text }, { p: step.padding })
    else if (kind === 'reasoning') into(kind, { reasoningContent: { text } }, { p: 'x' })
    else if (kind === 'call') into(kind, { toolUse: { input: text } }, { p: text })
    else if (kind === 'other place') {
      // another block of the same index
      events.push(['contentBlockStop', { contentBlockIndex: index }])
      into(open, { text }, { p: 'z' })
    } else if (kind === 'more fields') into('text', { text, citation: { title: text } }, { p: 'ab' })
    else into('text', { text }, { p: null })
  }
  events.push(
    ['contentBlockStop', { contentBlockIndex: index }],
    ['messageStop', { stopReason: 'end_turn' }],
    ['metadata', { usage: { inputTokens: 5, outputTokens: steps.length, totalTokens: 5 + steps.length } }],
  )
  return events
}

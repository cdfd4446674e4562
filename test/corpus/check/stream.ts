import type { ChatCompletion, ChatCompletionChunk } from '../../../src/types/chat.js'
import { canonical, show } from '../wire/json.js'
import { checkShape } from './shape.js'

/** Everything in which the chunks of one answer break the rules that all streams share, whoever sent them. */
export function checkChunks(chunks: readonly ChatCompletionChunk[], usageAsked: boolean): string[] {
  const wrong: string[] = []
  const [first] = chunks
  if (!first) return ['no chunks at all']
  const ids = new Set(chunks.map(({ id }) => id))
  if (ids.size !== 1 || !first.id) wrong.push(`chunks have ${ids.size} ids, the first is ${show(first.id)}`)
  if (chunks.some(({ object }) => object !== 'chat.completion.chunk')) wrong.push('a chunk has another object')
  if (chunks.some(({ model }) => !model)) wrong.push('a chunk has no model')
  wrong.push(...checkShape(chunks, 'chunks').slice(0, 1))
  wrong.push(...checkRoles(chunks), ...checkUsagePlace(chunks, usageAsked))
  return wrong
}

function checkRoles(chunks: readonly ChatCompletionChunk[]): string[] {
  const wrong: string[] = []
  const seen = new Set<number>()
  for (const { index, delta } of chunks.flatMap(({ choices }) => choices)) {
    if (seen.has(index) ? delta.role !== undefined : delta.role !== 'assistant') {
      wrong.push(
        `choice ${index} has the role ${show(delta.role)} in ${seen.has(index) ? 'a later' : 'its first'} chunk`,
      )
    }
    seen.add(index)
  }
  return wrong.slice(0, 1)
}

function checkUsagePlace(chunks: readonly ChatCompletionChunk[], asked: boolean): string[] {
  const where = chunks.flatMap(({ usage }, at) => (usage ? [at] : []))
  if (!asked) return where.length > 0 ? [`usage stands in ${where.length} chunks, and nobody asked for it`] : []
  const last = chunks.length - 1
  if (where.some((at) => at !== last)) return ['usage stands in a chunk that is not the last']
  return where.length > 0 && chunks[last]?.choices.length !== 0 ? ['the chunk with the usage has choices'] : []
}

/** What a reader would put together from the chunks must be what `.final()` says. */
export function checkFinal(chunks: readonly ChatCompletionChunk[], final: ChatCompletion): string[] {
  const wrong: string[] = []
  for (const choice of final.choices) {
    const { message } = choice
    const deltas = chunks.flatMap((chunk) => chunk.choices.filter(({ index }) => index === choice.index))
    const joined = (read: (delta: (typeof deltas)[number]['delta']) => string | null | undefined) =>
      deltas.map(({ delta }) => read(delta) ?? '').join('')
    const finishes = deltas.map((delta) => delta.finish_reason).filter((reason) => reason !== null)
    const pairs: [string, unknown, unknown][] = [
      ['text', message.content ?? '', joined((delta) => delta.content)],
      ['reasoning', message.reasoning_content ?? '', joined((delta) => delta.reasoning_content)],
      ['refusal', message.refusal ?? '', joined((delta) => delta.refusal)],
      ['finish_reason', choice.finish_reason, finishes.at(-1) ?? 'stop'],
      ['tools', (message.tool_calls ?? []).map(({ id }) => id), callsIn(deltas).map(({ id }) => id)],
      ['arguments', (message.tool_calls ?? []).map(argumentsOf), callsIn(deltas).map((call) => call.arguments)],
    ]
    for (const [what, got, chunked] of pairs) {
      if (canonical(got) !== canonical(chunked)) {
        wrong.push(`final() ${what}: got ${show(got)}, the chunks say ${show(chunked)}`)
      }
    }
    if (finishes.length > 1) wrong.push(`choice ${choice.index} has ${finishes.length} finish reasons`)
  }
  return wrong
}

const argumentsOf = (call: NonNullable<ChatCompletion['choices'][number]['message']['tool_calls']>[number]) =>
  call.type === 'function' ? call.function.arguments : call.custom.input

function callsIn(choices: readonly ChatCompletionChunk['choices'][number][]) {
  const calls: { id: string; arguments: string }[] = []
  for (const part of choices.flatMap(({ delta }) => delta.tool_calls ?? [])) {
    calls[part.index] ??= { id: '', arguments: '' }
    const call = calls[part.index]
    if (!call) continue
    call.id ||= part.id ?? ''
    call.arguments += part.function?.arguments ?? ''
  }
  return calls.filter((call) => call !== undefined)
}

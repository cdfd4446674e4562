import { describe, expect, it } from 'vitest'
import { type GenerateContentAnswer, geminiWire } from '../../../../providers/inbound/gemini/index.js'
import { seal } from '../../../../providers/inbound/seal.js'
import type { ChatCompletionChunk, ChunkChoice, Delta } from '../../../../src/types/chat.js'

const request = { model: 'wise', stream: true, contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }
const usage = { prompt_tokens: 30, completion_tokens: 9, total_tokens: 39 }

type Piece = Delta & { finish?: ChunkChoice['finish_reason'] }

function eventsOf(...pieces: Piece[]): GenerateContentAnswer[] {
  const encoder = geminiWire.streamEncoder(request, { model: 'wise', created: 1, id: 'a1' })
  const out: GenerateContentAnswer[] = []
  const head = { id: 'x', object: 'chat.completion.chunk' as const, created: 1, model: 'up' }
  for (const { finish = null, ...delta } of pieces) {
    const chunk: ChatCompletionChunk = { ...head, choices: [{ index: 0, delta, finish_reason: finish }] }
    encoder.push(chunk, out)
  }
  encoder.push({ ...head, choices: [], usage }, out)
  encoder.end(out)
  return out
}

const partsOf = (events: readonly GenerateContentAnswer[]) =>
  events.map(({ candidates }) => candidates?.[0]?.content.parts)

const call = (index: number, id: string, name: string, args = '') => ({
  tool_calls: [{ index, id, type: 'function' as const, function: { name, arguments: args } }],
})

describe('a streamed answer', () => {
  it('adds parts event by event, with calls as a whole', () => {
    const events = eventsOf(
      { role: 'assistant', content: '' },
      { reasoning_content: 'Hm.' },
      { content: 'I ' },
      { content: 'look.' },
      call(0, 'c1', 'look', '{"at":'),
      { tool_calls: [{ index: 0, function: { arguments: '"door"}' } }] },
      call(1, 'c2', 'wait'),
      { finish: 'tool_calls' },
    )
    expect(partsOf(events)).toEqual([
      [{ text: 'Hm.', thought: true }],
      [{ text: 'I ' }],
      [{ text: 'look.' }],
      [
        {
          functionCall: { id: 'c1', name: 'look', args: { at: 'door' } },
          thoughtSignature: seal({ reasoning: 'Hm.' }),
        },
        { functionCall: { id: 'c2', name: 'wait', args: {} } },
      ],
    ])
    expect(events.at(-1)).toMatchObject({
      candidates: [{ index: 0, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 9, totalTokenCount: 39 },
      modelVersion: 'wise',
      responseId: 'a1',
    })
    expect(events.slice(0, -1).every((event) => event.usageMetadata === undefined)).toBe(true)
  })

  it('keeps the order of text behind a call', () => {
    expect(partsOf(eventsOf(call(0, 'c1', 'f', '{}'), { content: 'Done.' }, { finish: 'stop' }))).toEqual([
      [{ functionCall: { id: 'c1', name: 'f', args: {} } }, { text: 'Done.' }],
      [{ text: '' }],
    ])
  })

  it("keeps Gemini's own signatures", () => {
    const block = { type: 'thinking' as const, thinking: 'Hm.', signature: 's1', format: 'google-gemini-v1' }
    const signed = {
      ...call(0, 'c1', 'f', '{}').tool_calls[0],
      index: 0,
      provider_specific_fields: { thought_signature: 's2' },
    }
    expect(
      partsOf(
        eventsOf(
          { reasoning_content: 'Hm.' },
          { thinking_blocks: [block] },
          { tool_calls: [signed] },
          { finish: 'tool_calls' },
        ),
      ),
    ).toEqual([
      [{ text: 'Hm.', thought: true }],
      [{ text: '', thought: true, thoughtSignature: 's1' }],
      [{ functionCall: { id: 'c1', name: 'f', args: {} }, thoughtSignature: 's2' }],
    ])
  })

  it("puts another provider's state on the first call, though it comes after the call", () => {
    const thinking = [{ type: 'thinking' as const, thinking: 'Hm.', signature: 'EqM=' }]
    const fields = { output_items: [1] }
    const events = eventsOf({ reasoning_content: 'Hm.' }, { thinking_blocks: thinking }, call(0, 'c1', 'f', '{}'), {
      finish: 'tool_calls',
      provider_specific_fields: fields,
    })
    expect(partsOf(events).at(-1)).toEqual([
      {
        functionCall: { id: 'c1', name: 'f', args: {} },
        thoughtSignature: seal({ message: fields, thinking, ids: ['c1'] }),
      },
    ])
  })

  it('says a refusal as text', () => {
    const events = eventsOf({ refusal: 'I can ' }, { refusal: 'not.', finish: 'content_filter' })
    expect(events).toMatchObject([
      {
        candidates: [
          { finishReason: 'SAFETY', finishMessage: 'I can not.', content: { parts: [{ text: 'I can not.' }] } },
        ],
      },
    ])
  })
})

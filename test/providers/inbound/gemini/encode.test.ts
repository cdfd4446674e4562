import { describe, expect, it } from 'vitest'
import { geminiWire } from '../../../../providers/inbound/gemini/index.js'
import { seal } from '../../../../providers/inbound/seal.js'
import type { AnswerMessage, ChatCompletion, Choice } from '../../../../src/types/chat.js'

const request = { model: 'wise', contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }
const context = { model: 'wise', created: 1, id: 'a1' }

function encode(message: Partial<AnswerMessage>, more: Partial<Choice> = {}, answer: Partial<ChatCompletion> = {}) {
  const choice: Choice = {
    index: 0,
    message: { role: 'assistant', content: null, refusal: null, ...message },
    finish_reason: 'stop',
    logprobs: null,
    ...more,
  }
  const whole = { id: 'x', object: 'chat.completion' as const, created: 1, model: 'up', choices: [choice], ...answer }
  return geminiWire.encodeAnswer(whole, request, context)
}

const partsOf = (message: Partial<AnswerMessage>) => encode(message).candidates?.[0]?.content.parts

describe('an answer', () => {
  it('is a candidate with text and usage', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 9,
      total_tokens: 109,
      prompt_tokens_details: { cached_tokens: 60, text_tokens: 80, image_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 4 },
    }
    expect(encode({ content: 'Hi.' }, {}, { usage })).toEqual({
      candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP' }],
      usageMetadata: {
        promptTokenCount: 100,
        cachedContentTokenCount: 60,
        candidatesTokenCount: 5,
        thoughtsTokenCount: 4,
        totalTokenCount: 109,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 80 },
          { modality: 'IMAGE', tokenCount: 20 },
        ],
      },
      modelVersion: 'wise',
      responseId: 'a1',
    })
  })

  it('has thoughts, text, media and calls in this order', () => {
    expect(
      partsOf({
        content: 'I look.',
        reasoning_content: 'Hm.',
        images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"door"}' } },
          { id: 'c2', type: 'custom', custom: { name: 'say', input: 'hey' } },
        ],
      }),
    ).toEqual([
      { text: 'Hm.', thought: true },
      { text: 'I look.' },
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
      { functionCall: { id: 'c1', name: 'look', args: { at: 'door' } }, thoughtSignature: seal({ reasoning: 'Hm.' }) },
      { functionCall: { id: 'c2', name: 'say', args: { input: 'hey' } } },
    ])
  })

  it("keeps Gemini's own signatures where they were", () => {
    const block = { type: 'thinking' as const, thinking: 'Hm.', signature: 's1', format: 'google-gemini-v1' }
    const call = { id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
    expect(
      partsOf({
        content: 'I look.',
        reasoning_content: 'Hm.',
        thinking_blocks: [block],
        provider_specific_fields: { thought_signature: 's2' },
        tool_calls: [{ ...call, provider_specific_fields: { thought_signature: 's3' } }],
      }),
    ).toEqual([
      { text: 'Hm.', thought: true, thoughtSignature: 's1' },
      { text: 'I look.', thoughtSignature: 's2' },
      { functionCall: { id: 'c1', name: 'f', args: {} }, thoughtSignature: 's3' },
    ])
  })

  it("puts another provider's state on the first call, whose signature every client returns", () => {
    const thinking_blocks = [{ type: 'thinking' as const, thinking: 'Hm.', signature: 'EqM=' }]
    const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'f', arguments: '{}' } })
    expect(partsOf({ reasoning_content: 'Hm.', thinking_blocks, tool_calls: [call('c1'), call('c2')] })).toEqual([
      { text: 'Hm.', thought: true },
      { functionCall: { id: 'c1', name: 'f', args: {} }, thoughtSignature: seal({ thinking: thinking_blocks }) },
      { functionCall: { id: 'c2', name: 'f', args: {} } },
    ])
  })

  it('puts it on the text if there is no call', () => {
    const fields = { output_items: [{ type: 'reasoning' }], output_items_of: 'openai' }
    expect(partsOf({ content: 'Hi.', provider_specific_fields: fields })).toEqual([
      { text: 'Hi.', thoughtSignature: seal({ message: fields }) },
    ])
  })

  it('gives back the parts of a Gemini behind another host', () => {
    const content_parts = [{ text: 'a' }, { executableCode: { code: '1' } }, { thoughtSignature: 's', image: 0 }]
    const images = [{ type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AAAA' } }]
    expect(partsOf({ content: 'a', images, provider_specific_fields: { content_parts } })).toEqual([
      { text: 'a' },
      { executableCode: { code: '1' } },
      { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 's' },
    ])
  })

  it('grounds citations in bytes', () => {
    const url_citation = { url: 'https://x', title: 'X', start_index: 2, end_index: 4 }
    const { candidates } = encode({ content: 'ü ok', annotations: [{ type: 'url_citation', url_citation }] })
    expect(candidates?.[0]?.groundingMetadata).toEqual({
      groundingChunks: [{ web: { uri: 'https://x', title: 'X' } }],
      groundingSupports: [{ segment: { startIndex: 3, endIndex: 5, text: 'ok' }, groundingChunkIndices: [0] }],
    })
  })

  it('keeps log probabilities', () => {
    const token = { token: 'Hi', bytes: null, logprob: -0.1, top_logprobs: [{ token: 'Ho', bytes: null, logprob: -2 }] }
    const { candidates } = encode({ content: 'Hi' }, { logprobs: { content: [token], refusal: null } })
    expect(candidates?.[0]?.logprobsResult).toEqual({
      chosenCandidates: [{ token: 'Hi', logProbability: -0.1 }],
      topCandidates: [{ candidates: [{ token: 'Ho', logProbability: -2 }] }],
    })
  })

  it.each([
    [{ finish_reason: 'length' }, {}, { finishReason: 'MAX_TOKENS' }],
    [{ finish_reason: 'tool_calls' }, {}, { finishReason: 'STOP' }],
    [{ finish_reason: 'stop', native_finish_reason: 'end_turn' }, {}, { finishReason: 'STOP' }],
    [{ finish_reason: 'content_filter', native_finish_reason: 'RECITATION' }, {}, { finishReason: 'RECITATION' }],
    [
      { finish_reason: 'content_filter' },
      { refusal: 'No.' },
      { finishReason: 'SAFETY', finishMessage: 'No.', content: { parts: [{ text: 'No.' }] } },
    ],
  ] as const)('ended with %j has its finish reason', (choice, message, expected) => {
    expect(encode(message as Partial<AnswerMessage>, choice as Partial<Choice>).candidates?.[0]).toMatchObject(expected)
  })
})

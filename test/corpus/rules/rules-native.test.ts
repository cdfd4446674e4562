import { describe, expect, it } from 'vitest'
import { cohereRules } from '../equivalence/cohere.js'
import { converseRules } from '../equivalence/converse.js'
import { geminiRules } from '../equivalence/gemini.js'
import { ollamaRules } from '../equivalence/ollama.js'
import { leftOut } from '../exclusions/exclusions-native.js'
import { expectCohereStream } from '../expectation/cohere.js'
import { converseTurnOf, expectConverse } from '../expectation/converse.js'
import { expectGemini, expectGeminiStream, geminiTurn } from '../expectation/gemini.js'
import { expectOllamaStream } from '../expectation/ollama.js'
import { nativeOf } from '../folders/native.js'
import { misplaced, reach } from '../folders/native-address.js'
import { expectNativeEmbedding } from '../folders/native-embedding.js'
import { differenceBy } from '../replay/native.js'
import { chatFromConverse } from '../request/converse.js'
import { chatFromGemini } from '../request/gemini.js'
import { chatFromOllama } from '../request/ollama.js'
import { awsEvents } from '../wire/aws-events.js'
import { withoutEnvelope } from '../wire/invoke-claude.js'
import type { Recording } from '../wire/recording.js'

// The corpus' own rules, on small cases: a rule that is wrong would blame, or excuse, the library.

const recording = (provider: string, operation: string, url: string, body: unknown = null): Recording => ({
  id: `${provider}-1`,
  provider,
  operation,
  model: 'm',
  request: { url, body },
  response: { status: 200 },
  fidelity: 'wire',
})

describe('Gemini', () => {
  const events = [
    {
      responseId: 'r',
      candidates: [{ content: { parts: [{ text: 'hm ', thought: true }] } }],
      usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
    },
    {
      candidates: [
        {
          content: {
            parts: [
              { text: 'so', thought: true, thoughtSignature: 's' },
              { text: 'a' },
              { functionCall: { name: 'f', args: { k: 1 } } },
            ],
          },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, thoughtsTokenCount: 4, totalTokenCount: 9 },
    },
  ]

  it('is assembled by part, from events and from an array', () => {
    const sse = events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('')
    for (const stream of [sse, JSON.stringify(events)]) {
      const { answer, ended } = expectGeminiStream(stream)
      expect(ended).toBe(true)
      expect(answer.usage).toMatchObject({ prompt: 3, completion: 6, reasoning: 4 })
      expect(answer.kept).toEqual(['s'])
      expect(answer.choices[0]).toMatchObject({
        text: 'a',
        reasoning: 'hm so',
        tools: [{ id: undefined, name: 'f', arguments: '{"k":1}' }],
        finish: 'tool_calls',
        nativeFinish: 'STOP',
      })
    }
    expect(geminiTurn(events)[0]).toEqual({ text: 'hm so', thought: true, thoughtSignature: 's' })
  })

  it('has its own error format', () => {
    const body = { promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: 'no' } }
    expect(expectGemini(body)?.choices[0]).toMatchObject({ finish: 'content_filter', refusal: 'no' })
    expect(expectGemini({ error: { code: 400 } })).toBeUndefined()
  })

  it('is requested in OpenAI’s shape', () => {
    const turned = chatFromGemini({
      system_instruction: { parts: [{ text: 'brief' }] },
      contents: [
        { parts: [{ text: 'q' }] },
        { role: 'model', parts: [{ functionCall: { name: 'f', args: { k: 1 } }, thoughtSignature: 's' }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { r: 2 } } }] },
      ],
      generation_config: { max_output_tokens: 5, top_k: 3 },
    })
    expect(turned).toMatchObject({
      max_tokens: 5,
      top_k: 3,
      messages: [
        { role: 'system', content: 'brief' },
        { role: 'user', content: [{ type: 'text', text: 'q' }] },
        { role: 'assistant', tool_calls: [{ id: 'call_0', function: { name: 'f', arguments: '{"k":1}' } }] },
        { role: 'tool', tool_call_id: 'call_0', content: '{"r":2}' },
      ],
    })
  })

  it('reports every difference unless allowed', () => {
    const recorded = { contents: [{ parts: [{ text: 'q' }] }], generation_config: { candidate_count: 1, top_p: 0.5 } }
    const sent = { contents: [{ role: 'user', parts: [{ text: 'q' }] }], generationConfig: { topP: 0.5 } }
    expect(differenceBy(geminiRules, sent, recorded)).toBeUndefined()
    expect(differenceBy(geminiRules, { ...sent, generationConfig: {} }, recorded)).toContain('generationConfig')
    const other = { ...sent, contents: [{ role: 'user', parts: [{ text: 'p' }] }] }
    expect(differenceBy(geminiRules, other, recorded)).toContain('contents[0]')
  })
})

describe('Converse', () => {
  const content = [
    { reasoningContent: { reasoningText: { text: 'hm' } } },
    { text: 'a' },
    { citationsContent: { citations: [{ location: { web: { url: 'https://a.example' } } }] } },
    { toolUse: { toolUseId: 't', name: 'f', input: { k: 1 }, type: 'tool_use' } },
  ]
  const body = {
    output: { message: { content } },
    stopReason: 'tool_use',
    usage: { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 30, cacheWriteInputTokens: 400 },
  }

  it('counts cached tokens outside the prompt, and decodes every block type', () => {
    const answer = expectConverse(body)
    expect(answer?.usage).toMatchObject({ prompt: 431, completion: 2, cached: 30, cacheWritten: 400 })
    expect(answer?.choices[0]).toMatchObject({
      text: 'a',
      reasoning: 'hm',
      thinking: [],
      tools: [{ id: 't' }],
      citedUrls: ['https://a.example'],
    })
    expect(converseTurnOf(content)).toEqual([
      { text: 'a' },
      { toolUse: { toolUseId: 't', name: 'f', input: { k: 1 } } },
    ])
  })

  it('is decoded message by message, up to the last complete one', () => {
    const header = Buffer.from('\u000b:event-type\u0007\u0000\u0004stop')
    const data = Buffer.from('{}')
    const message = Buffer.alloc(16 + header.length + data.length)
    message.writeUInt32BE(message.length, 0)
    message.writeUInt32BE(header.length, 4)
    header.copy(message, 12)
    data.copy(message, 12 + header.length)
    expect(awsEvents(Buffer.concat([message, message.subarray(0, 20)]))).toEqual([{ name: 'stop', data: '{}' }])
  })

  it('is requested in OpenAI’s shape, and every difference is reported unless allowed', () => {
    const recorded = {
      system: [],
      messages: [
        { role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ text: '7' }], status: 'success' } }] },
      ],
      inferenceConfig: { maxTokens: 5 },
    }
    expect(chatFromConverse(recorded)).toEqual({
      max_tokens: 5,
      messages: [{ role: 'tool', tool_call_id: 't', content: [{ type: 'text', text: '7' }] }],
    })
    const sent = {
      messages: [{ role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ text: '7' }] } }] }],
      inferenceConfig: { maxTokens: 5 },
    }
    expect(differenceBy(converseRules, sent, recorded)).toBeUndefined()
    expect(differenceBy(converseRules, { ...sent, inferenceConfig: {} }, recorded)).toContain('inferenceConfig')
  })
})

describe('Cohere', () => {
  it('is assembled by event', () => {
    const events = [
      { type: 'message-start', id: 'x' },
      { type: 'tool-plan-delta', delta: { message: { tool_plan: 'plan' } } },
      {
        type: 'tool-call-start',
        delta: { message: { tool_calls: { id: 't', function: { name: 'f', arguments: '' } } } },
      },
      { type: 'tool-call-delta', delta: { message: { tool_calls: { function: { arguments: '{"k":1}' } } } } },
      {
        type: 'message-end',
        delta: { finish_reason: 'TOOL_CALL', usage: { tokens: { input_tokens: 2, output_tokens: 3 } } },
      },
    ]
    const { answer, ended, failed } = expectCohereStream(
      events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''),
    )
    expect({ ended, failed, id: answer.id }).toEqual({ ended: true, failed: false, id: 'x' })
    expect(answer.choices[0]).toMatchObject({ reasoning: 'plan', tools: [{ id: 't', arguments: '{"k":1}' }] })
    expect(answer.usage).toMatchObject({ prompt: 2, completion: 3 })
  })

  it('reports every difference unless allowed', () => {
    const recorded = { messages: [{ role: 'user', content: [{ type: 'text', text: 'q' }] }], k: null, stream: false }
    expect(differenceBy(cohereRules, { messages: [{ role: 'user', content: 'q' }] }, recorded)).toBeUndefined()
    expect(differenceBy(cohereRules, { messages: [], k: 1 }, recorded)).toBeDefined()
  })
})

describe('Ollama', () => {
  it('is assembled by line', () => {
    const lines = [
      { model: 'm', message: { content: 'a', thinking: 'h' } },
      { message: { content: 'b', tool_calls: [{ function: { name: 'f', arguments: { k: 1 } } }] } },
      { message: { content: '' }, done: true, done_reason: 'stop', prompt_eval_count: 4, eval_count: 5 },
    ]
    const { answer, ended } = expectOllamaStream(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    expect(ended).toBe(true)
    expect(answer).toMatchObject({ model: 'm', usage: { prompt: 4, completion: 5 } })
    expect(answer.choices[0]).toMatchObject({ text: 'ab', reasoning: 'h', finish: 'tool_calls', nativeFinish: 'stop' })
  })

  it('is requested in OpenAI’s shape, and every difference is reported unless allowed', () => {
    const recorded = {
      messages: [{ role: 'user', content: 'q' }],
      options: { num_predict: 5, think: true },
      format: '',
    }
    expect(chatFromOllama(recorded)).toEqual({ max_tokens: 5, messages: [{ role: 'user', content: 'q' }] })
    const sent = { messages: [{ role: 'user', content: 'q' }], options: { num_predict: 5 }, stream: true }
    expect(differenceBy(ollamaRules, sent, recorded)).toBeUndefined()
    expect(differenceBy(ollamaRules, { ...sent, options: { num_predict: 6 } }, recorded)).toContain('num_predict')
  })
})

describe('vectors', () => {
  it('are decoded in every shape, with usage', () => {
    const of = (body: object, headers = {}) => {
      const { vectors, promptTokens } = expectNativeEmbedding(body, headers) ?? {}
      return [vectors, promptTokens]
    }
    expect(of({ embeddings: [{ values: [1, 2] }], usageMetadata: { promptTokenCount: 3 } })).toEqual([[[1, 2]], 3])
    const prediction = { embeddings: { values: [1], statistics: { token_count: 4 } } }
    expect(of({ predictions: [prediction, prediction] })).toEqual([[[1], [1]], 8])
    expect(of({ embeddings: { int8: [[1]] }, meta: { billed_units: { input_tokens: 2 } } })).toEqual([[[1]], 2])
    expect(of({ embedding: [1, 2], inputTextTokenCount: 9 })).toEqual([[[1, 2]], 9])
    expect(of({ data: [{ embedding: [1] }] }, { 'x-amzn-bedrock-input-token-count': '6' })).toEqual([[[1]], 6])
    expect(expectNativeEmbedding({ error: 'no' }, {})).toBeUndefined()
  })
})

describe('recordings', () => {
  it('are classified by address', () => {
    const google = 'https://generativelanguage.googleapis.com/v1beta'
    const gemini = recording('google-ai-studio', 'generateContent', `${google}/models/gemini-x:generateContent`)
    expect(nativeOf(gemini)?.operation).toBe('chat')
    expect(reach(gemini).model).toBe('gemini/gemini-x')
    expect(nativeOf(recording('google-ai-studio', 'chat', `${google}/openai/chat/completions`))).toBeUndefined()
    expect(nativeOf(recording('openai', 'chat', 'https://api.openai.com/v1/chat/completions'))).toBeUndefined()
    const vertex = 'https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5'
    expect(
      reach(recording('vertex', 'messages', `${vertex}/publishers/anthropic/models/claude-x@1:rawPredict`)),
    ).toEqual({
      model: 'vertex_ai/claude-x@1',
      options: { project: 'p', location: 'us-east5' },
    })
  })

  it('are excluded for a reason; Claude on InvokeModel is included', () => {
    const url = 'https://bedrock-runtime.us-east-1.amazonaws.com/model/x/invoke'
    const nova = recording('bedrock', 'invoke', url, { messages: [] })
    const claude = recording('bedrock', 'invoke', url, { anthropic_version: 'bedrock-2023-05-31', messages: [] })
    expect(leftOut(nova)).toContain('InvokeModel')
    expect(leftOut(claude)).toBeUndefined()
    expect(nativeOf(withoutEnvelope(claude))?.operation).toBe('chat')
    expect(leftOut(recording('cohere', 'chat', 'https://api.cohere.com/v1/chat'))).toContain('version 1')
    expect(leftOut(recording('cohere', 'chat', 'https://api.cohere.com/v2/chat'))).toBeUndefined()
  })

  it('contain the called address except for its version', () => {
    const url = 'https://api.cohere.com/v2/embed'
    expect(misplaced('https://api.cohere.ai/v1/embed', url)).toBeUndefined()
    expect(misplaced('https://api.cohere.com/v2/rerank', url)).toContain('address')
  })
})

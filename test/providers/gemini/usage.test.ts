import { describe, expect, it } from 'vitest'
import { answer, type Body, chunksOf, decode } from './helpers.js'

const counted = (usageMetadata: Body | undefined) => decode(answer([{ text: 'x' }], {}, { usageMetadata }))

describe('usage', () => {
  it('counts web searches of the grounding metadata', () => {
    const grounded = (queries: unknown) =>
      decode(answer([{ text: 'x' }], { groundingMetadata: { webSearchQueries: queries } })).usage?.server_tool_use
    expect(grounded(['one', 'two'])).toEqual({ web_search_requests: 2 })
    expect(grounded([])).toBeUndefined()
    expect(grounded('one')).toBeUndefined()
    const { chunks } = chunksOf([
      answer([{ text: 'x' }]),
      answer([], { groundingMetadata: { webSearchQueries: ['one'] } }),
    ])
    expect(chunks.at(-1)?.usage?.server_tool_use).toEqual({ web_search_requests: 1 })
  })

  it('counts an answer that cites places of Google Maps as one search', () => {
    const place = { maps: { uri: 'https://maps.example/1', title: 'A café', placeId: 'places/1' } }
    const grounded = answer([{ text: 'x' }], { groundingMetadata: { groundingChunks: [place, place] } })
    expect(decode(grounded).usage?.server_tool_use).toEqual({ maps_requests: 1 })
  })

  it('keeps unknown counters', () => {
    const usageMetadata = { promptTokenCount: 5, totalTokenCount: 5, initialPromptTokenCount: 3, novelty: { a: 1 } }
    expect(decode(answer([], {}, { usageMetadata })).provider_specific_fields).toEqual({
      usage: { initial_prompt_token_count: 3, novelty: { a: 1 } },
    })
  })

  it('omits unknown counters', () => {
    expect(counted({ promptTokenCount: 3, candidatesTokenCount: 4 }).usage).toEqual({
      prompt_tokens: 3,
      completion_tokens: 4,
      total_tokens: 7,
    })
    expect(counted({ promptTokenCount: 3 }).usage).toMatchObject({ completion_tokens: 0, total_tokens: 3 })
    expect(counted(undefined)).not.toHaveProperty('usage')
    expect(counted({ candidatesTokenCount: 4 })).not.toHaveProperty('usage')
    expect(counted({ trafficType: 'ON_DEMAND' })).not.toHaveProperty('usage')
  })

  it('includes tool input in the prompt and thoughts in the completion', () => {
    const { usage, provider_specific_fields } = counted({
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      toolUsePromptTokenCount: 1000,
      candidatesTokenCount: 10,
      thoughtsTokenCount: 90,
      totalTokenCount: 1200,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 20 },
        { modality: 'IMAGE', tokenCount: 30 },
        { modality: 'AUDIO', tokenCount: 15 },
        { modality: 'VIDEO', tokenCount: 25 },
        { modality: 'DOCUMENT', tokenCount: 10 },
      ],
      toolUsePromptTokensDetails: [{ modality: 'TEXT', tokenCount: 1000 }],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 5 }],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 10 }],
    })
    expect(usage).toEqual({
      prompt_tokens: 1100,
      completion_tokens: 100,
      total_tokens: 1200,
      prompt_tokens_details: { cached_tokens: 60, text_tokens: 1020, image_tokens: 30, audio_tokens: 15 },
      completion_tokens_details: { reasoning_tokens: 90, image_tokens: 10 },
    })
    expect(provider_specific_fields).toEqual({
      usage: { tool_use_prompt_tokens: 1000, video_tokens: 25, document_tokens: 10, cached_audio_tokens: 5 },
    })
  })

  it('drops details that exceed the total', () => {
    const promptTokensDetails = [{ modality: 'TEXT', tokenCount: 9 }, null, { modality: 1, tokenCount: 9 }]
    expect(counted({ promptTokenCount: 5, promptTokensDetails }).usage).not.toHaveProperty('prompt_tokens_details')
  })

  it.each([
    [{ serviceTier: 'standard' }, 'default'],
    [{ serviceTier: 'FLEX' }, 'flex'],
    [{ serviceTier: 'priority' }, 'priority'],
    [{ trafficType: 'ON_DEMAND' }, 'default'],
    [{ trafficType: 'ON_DEMAND_PRIORITY' }, 'priority'],
    [{ trafficType: 'ON_DEMAND_FLEX' }, 'flex'],
    [{ trafficType: 'PROVISIONED_THROUGHPUT' }, undefined],
  ])('reads the service tier of %j', (fields, tier) => {
    expect(counted({ promptTokenCount: 1, ...fields }).service_tier).toBe(tier)
  })
})

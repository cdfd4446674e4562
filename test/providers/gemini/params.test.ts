import { describe, expect, it } from 'vitest'
import { UnsupportedParamsError } from '../../../src/errors.js'
import { bodyOf, configOf, encode } from './helpers.js'

describe('parameters', () => {
  it('encodes the generation config', () => {
    expect(
      configOf({
        temperature: 0,
        top_p: 0.5,
        top_k: 40,
        n: 2,
        stop: ['a', 'b'],
        max_tokens: 10,
        max_completion_tokens: 20,
        seed: 0,
        logprobs: true,
        top_logprobs: 3,
      }),
    ).toEqual({
      temperature: 0,
      topP: 0.5,
      topK: 40,
      candidateCount: 2,
      stopSequences: ['a', 'b'],
      maxOutputTokens: 20,
      seed: 0,
      responseLogprobs: true,
      logprobs: 3,
    })
  })

  it.each([
    ['gemini-2.0-flash', { presence_penalty: 0.1, frequency_penalty: -0.2 }, []],
    ['gemini-2.5-pro', { presence_penalty: 0, frequency_penalty: 0.2 }, ['frequency_penalty']],
    ['gemini-3-flash', { presence_penalty: 0.1, temperature: 0.3 }, ['presence_penalty']],
    ['gemini-4-argon', { temperature: 0.3, top_p: 0.9, top_k: 3 }, ['temperature', 'top_p', 'top_k']],
    ['gemini-4-argon', { temperature: 1, top_p: 1, presence_penalty: 0 }, []],
    ['gemini-novelty', { temperature: 0.3, presence_penalty: 0.1 }, []],
  ])('rejects sampling parameters that %s refuses among %j', (model, params, refused) => {
    const names = ({ params: list = [] }: { params?: readonly string[] } = {}) => list
    const found = () => {
      try {
        encode({ model, ...params })
        return []
      } catch (error) {
        return names(error as UnsupportedParamsError)
      }
    }
    expect(found()).toEqual(refused)
    const { warnings = [] } = encode({ model, ...params }, { dropParams: true })
    expect(warnings.map((warning) => 'param' in warning && warning.param)).toEqual(refused)
  })

  it('applies the rules of the base model to an alias', () => {
    const request = { model: '4965075652664360960', presence_penalty: 0.1 }
    expect(() => encode(request, { baseModel: 'vertex_ai/gemini-2.5-flash' })).toThrow(UnsupportedParamsError)
    expect(configOf(request)).toEqual({ presencePenalty: 0.1 })
  })

  it("rejects or drops OpenAI's newer parameters", () => {
    expect(() => encode({ moderation: { mode: 'block' } })).toThrow(UnsupportedParamsError)
    const { body, warnings } = encode({ prompt_cache_options: { mode: 'explicit' } })
    expect(body).not.toHaveProperty('prompt_cache_options')
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'prompt_cache_options' }])
    const marked = [
      { role: 'user', content: [{ type: 'text', text: 'Hi', prompt_cache_breakpoint: { mode: 'explicit' } }] },
    ]
    expect(encode({ messages: marked }).warnings).toMatchObject([{ type: 'dropped', param: 'cache_control' }])
  })

  it('sends a continuation token', () => {
    expect(bodyOf({ continuation_token: 'dG9rZW4=' }).continuationToken).toBe('dG9rZW4=')
  })

  it('omits null values and defaults', () => {
    const { body, warnings } = encode({
      temperature: null,
      top_p: null,
      n: 1,
      stop: null,
      max_tokens: null,
      logprobs: false,
      seed: null,
      reasoning_effort: null,
      service_tier: 'auto',
      store: false,
      logit_bias: {},
      metadata: {},
      parallel_tool_calls: true,
      stream_options: { include_usage: true },
      stream: true,
    })
    expect(body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] })
    expect(warnings).toBeUndefined()
  })

  it('rejects all unsupported parameters in one error', () => {
    const request = {
      logit_bias: { 1: 1 },
      verbosity: 'low' as const,
    }
    expect(() => encode(request)).toThrow(UnsupportedParamsError)
    expect(() => encode(request)).toThrow(expect.objectContaining({ params: ['logit_bias', 'verbosity'] }))
    const { body, warnings } = encode(request, { dropParams: true })
    expect(Object.keys(body)).toEqual(['contents'])
    expect(warnings).toHaveLength(2)
  })

  it('drops hints with a warning', () => {
    const cache_control = { type: 'ephemeral' as const }
    const { warnings } = encode({
      user: 'u',
      safety_identifier: 's',
      messages: [
        { role: 'user', content: 'Hi', cache_control },
        { role: 'user', content: 'x', cache_control },
      ],
    })
    expect(warnings).toMatchObject([{ param: 'user' }, { param: 'safety_identifier' }, { param: 'cache_control' }])
  })

  it.each([
    ['default', 'standard'],
    ['flex', 'flex'],
    ['priority', 'priority'],
    ['auto', undefined],
  ])('maps the service tier %s to %s', (service_tier, sent) => {
    expect(bodyOf({ service_tier }).serviceTier).toBe(sent)
  })

  it('drops unknown service tiers', () => {
    const { body, warnings } = encode({ service_tier: 'scale' })
    expect(body).not.toHaveProperty('serviceTier')
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'service_tier' }])
  })
})

describe('modalities', () => {
  it('are sent as responseModalities', () => {
    expect(configOf({ modalities: ['text', 'image'] })).toEqual({ responseModalities: ['TEXT', 'IMAGE'] })
  })

  it('are reduced to audio for speech, with a voice', () => {
    const audio = { voice: 'Kore', format: 'pcm16' }
    const config = {
      responseModalities: ['AUDIO'],
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
    }
    expect(configOf({ audio })).toEqual(config)
    const { body, warnings } = encode({ audio: { ...audio, voice: { id: 'Kore' } }, modalities: ['text', 'audio'] })
    expect(body.generationConfig).toEqual(config)
    expect(warnings).toMatchObject([{ type: 'changed', param: 'modalities' }])
    expect(() => encode({ audio: { ...audio, format: 'mp3' } })).toThrow('audio.format')
  })
})

describe('provider fields', () => {
  it('are put in their places in either casing', () => {
    const safety_settings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }]
    expect(
      bodyOf({
        safety_settings,
        cached_content: 'cachedContents/x',
        labels: { team: 'a' },
        model_armor_config: { response_template_name: 't' },
        image_config: { aspect_ratio: '16:9' },
        media_resolution: 'MEDIA_RESOLUTION_LOW',
        generation_config: { response_mime_type: 'text/x.enum', topK: 3 },
        tool_config: { retrieval_config: { languageCode: 'en' } },
        include_server_side_tool_invocations: true,
        something_new: 1,
        top_k: 1,
      }),
    ).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      safetySettings: safety_settings,
      cachedContent: 'cachedContents/x',
      labels: { team: 'a' },
      modelArmorConfig: { response_template_name: 't' },
      toolConfig: { retrievalConfig: { languageCode: 'en' }, includeServerSideToolInvocations: true },
      generationConfig: {
        topK: 3,
        imageConfig: { aspect_ratio: '16:9' },
        mediaResolution: 'MEDIA_RESOLUTION_LOW',
        responseMimeType: 'text/x.enum',
      },
      something_new: 1,
    })
  })

  it('accept system_instruction as text, parts or content', () => {
    const parts = [{ text: 'Be brief.' }]
    for (const system_instruction of ['Be brief.', parts, { parts }, { parts: parts[0] }, { role: 'user', parts }]) {
      expect(bodyOf({ system_instruction }).systemInstruction).toEqual({ parts })
    }
  })
})

import type OpenAI from 'openai'

/** Bodies that `tsc` holds against OpenAI's own SDK, and `body.test.ts` against what the encoder writes. */
type Params = OpenAI.Chat.Completions.ChatCompletionCreateParams

export const everything = {
  model: 'gpt-4o-audio-preview',
  messages: [
    { role: 'developer', content: 'Be brief.' },
    {
      role: 'user',
      name: 'ann',
      content: [
        { type: 'text', text: 'Weather in Oslo and Rome?' },
        { type: 'image_url', image_url: { url: 'https://example.com/map.png' } },
        { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
        { type: 'file', file: { filename: 'file.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
        { type: 'file', file: { filename: 'Etna', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      ],
    },
    {
      role: 'assistant',
      content: [{ type: 'text', text: 'Let me look.' }],
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'A chart.' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'From the result of tool call call_1:' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      ],
    },
    { role: 'assistant', content: null, audio: { id: 'audio_1' } },
    { role: 'user', content: 'And the sea?' },
  ],
  temperature: 0,
  top_p: 0.9,
  n: 1,
  stop: ['END'],
  max_tokens: 100,
  presence_penalty: 0.1,
  frequency_penalty: -0.1,
  logit_bias: { '50256': -100 },
  logprobs: true,
  top_logprobs: 2,
  seed: 7,
  user: 'u-1',
  tools: [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'Weather.',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
        strict: true,
      },
    },
  ],
  tool_choice: { type: 'function', function: { name: 'get_weather' } },
  parallel_tool_calls: false,
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } },
  verbosity: 'low',
  modalities: ['text', 'audio'],
  audio: { format: 'wav', voice: 'alloy' },
  prediction: { type: 'content', content: 'Sunny.' },
  web_search_options: {
    search_context_size: 'low',
    user_location: { type: 'approximate', approximate: { city: 'Oslo' } },
  },
  service_tier: 'flex',
  metadata: { team: 'a' },
  store: true,
  prompt_cache_key: 'k',
  prompt_cache_retention: '24h',
  safety_identifier: 's',
  stream: true,
  stream_options: { include_usage: true, include_obfuscation: false },
} satisfies Params

export const reasoning = {
  model: 'o3',
  messages: [{ role: 'user', content: 'Hi' }],
  max_completion_tokens: 100,
  reasoning_effort: 'medium',
} satisfies Params

export const embeddings = {
  model: 'text-embedding-3-small',
  input: ['Hello', 'world'],
  dimensions: 64,
  user: 'u-1',
  encoding_format: 'base64',
} satisfies OpenAI.EmbeddingCreateParams

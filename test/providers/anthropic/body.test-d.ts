import type Anthropic from '@anthropic-ai/sdk'

/** Bodies that `tsc` holds against Anthropic's own SDK, and `body.test.ts` against what the encoder writes. */
/** Version 1 of the SDK leaves `temperature` out of its types: the newest models take none, the older ones still do. */
type Params = Anthropic.Messages.MessageCreateParams & { temperature?: number }
type BetaParams = Anthropic.Beta.Messages.MessageCreateParams

export const tools = {
  model: 'claude-sonnet-4-5',
  max_tokens: 500,
  system: 'Be brief.',
  messages: [
    { role: 'user', content: 'Weather in Oslo and Rome?' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: '', signature: 'EqAB' },
        { type: 'text', text: 'Let me look.' },
        { type: 'tool_use', id: 'toolu_01', name: 'get_weather', input: { city: 'Oslo' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_01', content: 'no such city', is_error: true },
        { type: 'text', text: 'And the sea?' },
      ],
    },
  ],
  tools: [
    {
      name: 'get_weather',
      description: 'Weather.',
      input_schema: { type: 'object', properties: { city: { type: 'string' } } },
    },
    {
      type: 'web_search_20250305',
      name: 'web_search',
      max_uses: 1,
      user_location: { type: 'approximate', city: 'Oslo' },
    },
  ],
  tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  temperature: 0,
  stop_sequences: ['END'],
  metadata: { user_id: 'u-1' },
  service_tier: 'standard_only',
  stream: true,
} satisfies Params

export const content = {
  model: 'claude-opus-5',
  max_tokens: 128_000,
  system: [{ type: 'text', text: 'A', cache_control: { type: 'ephemeral', ttl: '1h' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
          title: 'a.pdf',
        },
        {
          type: 'document',
          source: { type: 'text', media_type: 'text/plain', data: 'a,b' },
          citations: { enabled: true },
        },
      ],
    },
    { role: 'system', content: 'Now in French.' },
  ],
  thinking: { type: 'adaptive', display: 'summarized' },
  output_config: {
    effort: 'xhigh',
    format: { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } },
  },
  cache_control: { type: 'ephemeral' },
} satisfies Params

export const beta = {
  model: 'claude-sonnet-5-5',
  max_tokens: 1,
  messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'file_01' } }] }],
  thinking: { type: 'between_tools' },
  mcp_servers: [{ type: 'url', url: 'https://mcp.example.com', name: 'docs', authorization_token: 't' }],
  context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
} satisfies BetaParams

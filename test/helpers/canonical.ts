import type { ChatParams } from '../../src/types/chat.js'

const pixel = 'data:image/png;base64,iVBORw0KGgo='
const question = { role: 'user', content: 'Weather in Oslo and Rome?' } as const
const call = (id: string, city: string) =>
  ({ id, type: 'function', function: { name: 'get_weather', arguments: JSON.stringify({ city }) } }) as const

const tools: ChatParams['tools'] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Weather.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]

/** What nearly every caller asks at some time: the bodies made of it are held against the types of the providers' SDKs. */
export const canonical = {
  plain: { messages: [{ role: 'user', content: 'Hi' }] },
  system: {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'And now?' },
    ],
    temperature: 0.5,
    max_tokens: 50,
    stop: ['END'],
    stream: true,
  },
  tools: { messages: [question], tools, tool_choice: 'required' },
  results: {
    messages: [
      question,
      { role: 'assistant', content: null, tool_calls: [call('callOslo1', 'Oslo'), call('callRome2', 'Rome')] },
      { role: 'tool', tool_call_id: 'callOslo1', content: 'rain' },
      { role: 'tool', tool_call_id: 'callRome2', content: [{ type: 'text', text: 'sun' }] },
    ],
    tools,
  },
  images: {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: pixel } },
        ],
      },
    ],
  },
  schema: {
    messages: [{ role: 'user', content: 'Name a city.' }],
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'city',
        schema: {
          type: 'object',
          properties: { name: { type: 'string' } },
          required: ['name'],
          additionalProperties: false,
        },
      },
    },
  },
  reasoning: { messages: [question], reasoning_effort: 'high' },
  reasoned: {
    messages: [
      question,
      {
        role: 'assistant',
        content: 'Both are wet.',
        reasoning_content: 'Two cities.',
        thinking_blocks: [{ type: 'thinking', thinking: 'Two cities.', signature: 'EqAB' }],
      },
      { role: 'user', content: 'Why?' },
    ],
  },
} satisfies Record<string, Omit<ChatParams, 'model'>>

export type CanonicalName = keyof typeof canonical
export const canonicalNames = Object.keys(canonical) as CanonicalName[]

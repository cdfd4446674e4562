import type { V2ChatRequest } from '../../../node_modules/cohere-ai/dist/serialization/resources/v2/client/requests/V2ChatRequest.js'
import type { CanonicalName } from '../../helpers/canonical.js'

/**
 * Bodies that `tsc` holds against Cohere's own SDK, and `body.test.ts` against what the encoder writes. The SDK's requests are in
 * camelCase; what it makes of them on the wire is typed (`Raw`), and not exported. `stream` is put in by its methods.
 */
type Body = V2ChatRequest.Raw & { stream: boolean }

export const bodies = {
  plain: {
    model: 'command-a-03-2025',
    messages: [
      {
        role: 'user',
        content: 'Hi',
      },
    ],
    stream: false,
  },

  system: {
    model: 'command-a-03-2025',
    messages: [
      {
        role: 'system',
        content: 'Be brief.',
      },
      {
        role: 'user',
        content: 'Hi',
      },
      {
        role: 'assistant',
        content: 'Hello.',
      },
      {
        role: 'user',
        content: 'And now?',
      },
    ],
    temperature: 0.5,
    max_tokens: 50,
    stop_sequences: ['END'],
    stream: true,
  },

  tools: {
    model: 'command-a-03-2025',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: 'Weather.',
          parameters: {
            type: 'object',
            properties: {
              city: {
                type: 'string',
              },
            },
            required: ['city'],
          },
        },
      },
    ],
    tool_choice: 'REQUIRED',
    stream: false,
  },

  results: {
    model: 'command-a-03-2025',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
      {
        role: 'assistant',
        tool_calls: [
          {
            id: 'callOslo1',
            type: 'function',
            function: {
              name: 'get_weather',
              arguments: '{"city":"Oslo"}',
            },
          },
          {
            id: 'callRome2',
            type: 'function',
            function: {
              name: 'get_weather',
              arguments: '{"city":"Rome"}',
            },
          },
        ],
      },
      {
        role: 'tool',
        tool_call_id: 'callOslo1',
        content: 'rain',
      },
      {
        role: 'tool',
        tool_call_id: 'callRome2',
        content: 'sun',
      },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: 'Weather.',
          parameters: {
            type: 'object',
            properties: {
              city: {
                type: 'string',
              },
            },
            required: ['city'],
          },
        },
      },
    ],
    stream: false,
  },

  images: {
    model: 'command-a-vision-07-2025',
    messages: [
      {
        role: 'user',
        content: [
          {
            type: 'text',
            text: 'What is this?',
          },
          {
            type: 'image_url',
            image_url: {
              url: 'data:image/png;base64,iVBORw0KGgo=',
            },
          },
        ],
      },
    ],
    stream: false,
  },

  schema: {
    model: 'command-a-03-2025',
    messages: [
      {
        role: 'user',
        content: 'Name a city.',
      },
    ],
    response_format: {
      type: 'json_object',
      json_schema: {
        type: 'object',
        properties: {
          name: {
            type: 'string',
          },
        },
        required: ['name'],
        additionalProperties: false,
      },
    },
    stream: false,
  },

  reasoning: {
    model: 'command-a-reasoning-08-2025',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
    ],
    thinking: {
      type: 'enabled',
    },
    stream: false,
  },

  reasoned: {
    model: 'command-a-reasoning-08-2025',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
      {
        role: 'assistant',
        content: [
          {
            type: 'thinking',
            thinking: 'Two cities.',
          },
          {
            type: 'text',
            text: 'Both are wet.',
          },
        ],
      },
      {
        role: 'user',
        content: 'Why?',
      },
    ],
    stream: false,
  },
} satisfies Record<CanonicalName, Body>

import type { ChatCompletionCreateParams } from 'groq-sdk/resources/chat/completions'
import type { CanonicalName } from '../../helpers/canonical.js'

/**
 * Bodies that `tsc` holds against Groq's own SDK, and `body.test.ts` against what the encoder writes. The API takes `stream_options`
 * (https://console.groq.com/docs/api-reference#chat-create), which version 1 of the SDK leaves out of its types.
 */
type Body = ChatCompletionCreateParams & { stream_options?: { include_usage: boolean } }

export const bodies = {
  plain: {
    model: 'openai/gpt-oss-120b',
    messages: [
      {
        role: 'user',
        content: 'Hi',
      },
    ],
  },

  system: {
    model: 'openai/gpt-oss-120b',
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
    stop: ['END'],
    stream: true,
    stream_options: {
      include_usage: true,
    },
  },

  tools: {
    model: 'openai/gpt-oss-120b',
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
    tool_choice: 'required',
  },

  results: {
    model: 'openai/gpt-oss-120b',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
      {
        role: 'assistant',
        content: null,
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
        content: [
          {
            type: 'text',
            text: 'sun',
          },
        ],
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
  },

  images: {
    model: 'openai/gpt-oss-120b',
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
  },

  schema: {
    model: 'openai/gpt-oss-120b',
    messages: [
      {
        role: 'user',
        content: 'Name a city.',
      },
    ],
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'city',
        schema: {
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
    },
  },

  reasoning: {
    model: 'openai/gpt-oss-120b',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
    ],
    reasoning_effort: 'high',
  },

  reasoned: {
    model: 'openai/gpt-oss-120b',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
      {
        role: 'assistant',
        content: 'Both are wet.',
        reasoning: 'Two cities.',
      },
      {
        role: 'user',
        content: 'Why?',
      },
    ],
  },
} satisfies Record<CanonicalName, Body>

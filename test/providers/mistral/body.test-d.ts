import type { ChatCompletionRequest$Outbound } from '@mistralai/mistralai/models/components'
import type { CanonicalName } from '../../helpers/canonical.js'

/** What the SDK fills in with its defaults, whether the caller says it or not: on the wire it may be absent. */
type Filled = 'stream' | 'prefix' | 'index' | 'strict'

type Wire<T> = T extends readonly (infer Item)[]
  ? Wire<Item>[]
  : T extends object
    ? { [Name in keyof T as Name extends Filled ? never : Name]: Wire<T[Name]> } & {
        [Name in keyof T as Name extends Filled ? Name : never]?: Wire<T[Name]>
      }
    : T

/**
 * Bodies that `tsc` holds against Mistral's own SDK, and `body.test.ts` against what the encoder writes. The SDK's requests are in
 * camelCase, with some names of their own (`schemaDefinition`); `$Outbound` is what it makes of them on the wire.
 */
type Body = Wire<ChatCompletionRequest$Outbound>

export const bodies = {
  plain: {
    model: 'magistral-medium-2509',
    messages: [
      {
        role: 'user',
        content: 'Hi',
      },
    ],
  },

  system: {
    model: 'magistral-medium-2509',
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
    stop: ['END'],
    stream: true,
    max_tokens: 50,
  },

  tools: {
    model: 'magistral-medium-2509',
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
    model: 'magistral-medium-2509',
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
    model: 'magistral-medium-2509',
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
    model: 'magistral-medium-2509',
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
    model: 'magistral-medium-2509',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
    ],
    reasoning_effort: 'high',
  },

  reasoned: {
    model: 'magistral-medium-2509',
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
            thinking: [
              {
                type: 'text',
                text: 'Two cities.',
              },
            ],
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
  },
} satisfies Record<CanonicalName, Body>

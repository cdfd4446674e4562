import type { ChatRequest, Message, ToolCall } from 'ollama'
import type { CanonicalName } from '../../helpers/canonical.js'

/**
 * Bodies that `tsc` holds against Ollama's own SDK, and `body.test.ts` against what the encoder writes. Ids of tool calls are in
 * the server (api/types.go: `ToolCall.ID`, `Message.ToolCallID`), and not yet in the types of version 0.6.
 */
type Body = Omit<ChatRequest, 'messages'> & {
  messages: (Omit<Message, 'tool_calls'> & { tool_calls?: (ToolCall & { id?: string })[]; tool_call_id?: string })[]
}

export const bodies = {
  plain: {
    model: 'qwen3:4b',
    messages: [
      {
        role: 'user',
        content: 'Hi',
      },
    ],
    stream: false,
  },

  system: {
    model: 'qwen3:4b',
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
    options: {
      temperature: 0.5,
      num_predict: 50,
      stop: ['END'],
    },
    stream: true,
  },

  tools: {
    model: 'qwen3:4b',
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
    stream: false,
  },

  results: {
    model: 'qwen3:4b',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          {
            id: 'callOslo1',
            function: {
              name: 'get_weather',
              arguments: {
                city: 'Oslo',
              },
            },
          },
          {
            id: 'callRome2',
            function: {
              name: 'get_weather',
              arguments: {
                city: 'Rome',
              },
            },
          },
        ],
      },
      {
        role: 'tool',
        content: 'rain',
        tool_name: 'get_weather',
        tool_call_id: 'callOslo1',
      },
      {
        role: 'tool',
        content: 'sun',
        tool_name: 'get_weather',
        tool_call_id: 'callRome2',
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
    model: 'qwen3:4b',
    messages: [
      {
        role: 'user',
        content: 'What is this?',
        images: ['iVBORw0KGgo='],
      },
    ],
    stream: false,
  },

  schema: {
    model: 'qwen3:4b',
    messages: [
      {
        role: 'user',
        content: 'Name a city.',
      },
    ],
    format: {
      type: 'object',
      properties: {
        name: {
          type: 'string',
        },
      },
      required: ['name'],
      additionalProperties: false,
    },
    stream: false,
  },

  reasoning: {
    model: 'qwen3:4b',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
    ],
    think: true,
    stream: false,
  },

  reasoned: {
    model: 'qwen3:4b',
    messages: [
      {
        role: 'user',
        content: 'Weather in Oslo and Rome?',
      },
      {
        role: 'assistant',
        content: 'Both are wet.',
        thinking: 'Two cities.',
      },
      {
        role: 'user',
        content: 'Why?',
      },
    ],
    stream: false,
  },
} satisfies Record<CanonicalName, Body>

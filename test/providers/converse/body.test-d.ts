import type { ConverseRequest } from '@aws-sdk/client-bedrock-runtime'
import type { CanonicalName } from '../../helpers/canonical.js'

/** On the wire, bytes are base64, and the model stands in the path. */
type Wire<T> = T extends Uint8Array
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Name in keyof T]: Wire<T[Name]> }
      : T

/** Bodies that `tsc` holds against AWS's own SDK, and `body.test.ts` against what the encoder writes. */
type Body = Wire<Omit<ConverseRequest, 'modelId'>>

export const bodies = {
  plain: {
    messages: [
      {
        role: 'user',
        content: [
          {
            text: 'Hi',
          },
        ],
      },
    ],
  },

  system: {
    messages: [
      {
        role: 'user',
        content: [
          {
            text: 'Hi',
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          {
            text: 'Hello.',
          },
        ],
      },
      {
        role: 'user',
        content: [
          {
            text: 'And now?',
          },
        ],
      },
    ],
    system: [
      {
        text: 'Be brief.',
      },
    ],
    inferenceConfig: {
      maxTokens: 50,
      temperature: 0.5,
      stopSequences: ['END'],
    },
  },

  tools: {
    messages: [
      {
        role: 'user',
        content: [
          {
            text: 'Weather in Oslo and Rome?',
          },
        ],
      },
    ],
    toolConfig: {
      tools: [
        {
          toolSpec: {
            name: 'get_weather',
            description: 'Weather.',
            inputSchema: {
              json: {
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
        },
      ],
      toolChoice: {
        any: {},
      },
    },
  },

  results: {
    messages: [
      {
        role: 'user',
        content: [
          {
            text: 'Weather in Oslo and Rome?',
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          {
            toolUse: {
              toolUseId: 'callOslo1',
              name: 'get_weather',
              input: {
                city: 'Oslo',
              },
            },
          },
          {
            toolUse: {
              toolUseId: 'callRome2',
              name: 'get_weather',
              input: {
                city: 'Rome',
              },
            },
          },
        ],
      },
      {
        role: 'user',
        content: [
          {
            toolResult: {
              toolUseId: 'callOslo1',
              content: [
                {
                  text: 'rain',
                },
              ],
            },
          },
          {
            toolResult: {
              toolUseId: 'callRome2',
              content: [
                {
                  text: 'sun',
                },
              ],
            },
          },
        ],
      },
    ],
    toolConfig: {
      tools: [
        {
          toolSpec: {
            name: 'get_weather',
            description: 'Weather.',
            inputSchema: {
              json: {
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
        },
      ],
    },
  },

  images: {
    messages: [
      {
        role: 'user',
        content: [
          {
            text: 'What is this?',
          },
          {
            image: {
              format: 'png',
              source: {
                bytes: 'iVBORw0KGgo=',
              },
            },
          },
        ],
      },
    ],
  },

  schema: {
    messages: [
      {
        role: 'user',
        content: [
          {
            text: 'Name a city.',
          },
        ],
      },
    ],
    outputConfig: {
      textFormat: {
        type: 'json_schema',
        structure: {
          jsonSchema: {
            schema:
              '{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}',
            name: 'city',
          },
        },
      },
    },
  },

  reasoning: {
    messages: [
      {
        role: 'user',
        content: [
          {
            text: 'Weather in Oslo and Rome?',
          },
        ],
      },
    ],
    additionalModelRequestFields: {
      thinking: {
        type: 'enabled',
        budget_tokens: 4096,
      },
    },
  },

  reasoned: {
    messages: [
      {
        role: 'user',
        content: [
          {
            text: 'Weather in Oslo and Rome?',
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          {
            reasoningContent: {
              reasoningText: {
                text: 'Two cities.',
                signature: 'EqAB',
              },
            },
          },
          {
            text: 'Both are wet.',
          },
        ],
      },
      {
        role: 'user',
        content: [
          {
            text: 'Why?',
          },
        ],
      },
    ],
  },
} satisfies Record<CanonicalName, Body>

import { describe, expect, it } from 'vitest'
import {
  decodeCountRequest,
  encodeCount,
  geminiWire,
  withoutSeals,
} from '../../../../providers/inbound/gemini/index.js'
import { seal } from '../../../../providers/inbound/seal.js'
import type { Warning } from '../../../../src/types/meta.js'

const hello = [{ role: 'user', parts: [{ text: 'Hello' }] }]

function decode(request: Record<string, unknown>) {
  const warnings: Warning[] = []
  const context = { model: 'wise', created: 1, id: 'a1', warn: (warning: Warning) => warnings.push(warning) }
  const params = geminiWire.decodeRequest({ model: 'wise', contents: hello, ...request }, context)
  return { params, warnings }
}

const messagesOf = (...contents: unknown[]) => decode({ contents }).params.messages
const user = (...parts: unknown[]) => messagesOf({ role: 'user', parts })[0]?.content
const model = (...parts: unknown[]) => messagesOf({ role: 'model', parts })[0]

describe('a Gemini request', () => {
  it('becomes chat parameters', () => {
    const { params, warnings } = decode({
      stream: true,
      systemInstruction: { role: 'user', parts: [{ text: 'Be' }, { text: 'brief.' }] },
      generationConfig: {
        temperature: 0,
        topP: 0.5,
        topK: 40,
        maxOutputTokens: 64,
        stopSequences: ['END'],
        candidateCount: 2,
        seed: 7,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        responseLogprobs: true,
        logprobs: 3,
        responseModalities: ['TEXT'],
        thinkingConfig: { includeThoughts: true, thinkingLevel: 'LOW' },
      },
      serviceTier: 'STANDARD',
      safetySettings: [],
    })
    expect(params).toEqual({
      model: 'wise',
      messages: [
        { role: 'system', content: 'Be\n\nbrief.' },
        { role: 'user', content: 'Hello' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      top_p: 0.5,
      top_k: 40,
      max_tokens: 64,
      stop: ['END'],
      n: 2,
      seed: 7,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
      logprobs: true,
      top_logprobs: 3,
      reasoning_effort: 'low',
      service_tier: 'default',
    })
    expect(warnings).toEqual([])
  })

  it('may be written in snake_case', () => {
    const { params } = decode({
      system_instruction: { parts: [{ text: 'Be brief.' }] },
      generation_config: { max_output_tokens: 64, thinking_config: { thinking_budget: 512 } },
      tools: [{ function_declarations: [{ name: 'f', parameters_json_schema: { type: 'object' } }] }],
      tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['f'] } },
      contents: [
        { role: 'user', parts: [{ inline_data: { mime_type: 'image/png', data: 'AA-_' } }] },
        { role: 'model', parts: [{ function_call: { name: 'f', args: { snake_case: 1 } }, thought_signature: 'g' }] },
        { role: 'user', parts: [{ function_response: { name: 'f', response: { a_b: 1 } } }] },
      ],
    })
    expect(params).toMatchObject({
      max_tokens: 64,
      thinking: { type: 'enabled', budget_tokens: 512 },
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA+/' } }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'call_1_0',
              function: { name: 'f', arguments: '{"snake_case":1}' },
              provider_specific_fields: { thought_signature: 'g' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1_0', content: '{"a_b":1}' },
      ],
    })
  })

  it.each([
    [{ thinkingBudget: 0 }, { thinking: { type: 'disabled' } }],
    [{ thinkingBudget: -1 }, { thinking: { type: 'adaptive' } }],
    [{ thinkingBudget: 900 }, { thinking: { type: 'enabled', budget_tokens: 900 } }],
    [{ thinkingLevel: 'THINKING_LEVEL_UNSPECIFIED', includeThoughts: true }, {}],
  ])('keeps the thinking %j', (thinkingConfig, expected) => {
    const { thinking, reasoning_effort } = decode({ generationConfig: { thinkingConfig } }).params
    expect(JSON.parse(JSON.stringify({ thinking, reasoning_effort }))).toEqual(expected)
  })

  it.each([
    [{ responseMimeType: 'application/json' }, { type: 'json_object' }],
    [
      {
        responseMimeType: 'application/json',
        responseSchema: { type: 'OBJECT', properties: { n: { type: 'INTEGER', nullable: true } } },
      },
      {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: { type: 'object', properties: { n: { type: ['integer', 'null'] } } } },
      },
    ],
    [
      { responseMimeType: 'application/json', responseJsonSchema: { type: 'STRING' } },
      { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'string' } } },
    ],
    [{ responseMimeType: 'text/plain' }, undefined],
  ])('keeps the format %j', (generationConfig, expected) => {
    expect(decode({ generationConfig }).params.response_format).toEqual(expected)
  })

  it('asks for speech', () => {
    const speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } }
    const { params } = decode({ generationConfig: { responseModalities: ['AUDIO'], speechConfig } })
    expect(params).toMatchObject({ modalities: ['audio'], audio: { voice: 'Kore', format: 'pcm16' } })
  })

  it('warns of settings that other APIs do not have, and of new ones', () => {
    const { warnings } = decode({
      generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW', brandNew: 1 },
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      labels: { team: 'a' },
    })
    expect(warnings.map((warning) => 'param' in warning && warning.param)).toEqual([
      'generationConfig.mediaResolution',
      'generationConfig.brandNew',
      'safetySettings',
      'labels',
    ])
  })

  it.each([
    ['cachedContent', { cachedContent: 'cachedContents/1' }, "'cachedContent' must be left out"],
    ['contents', { contents: [] }, "'contents' must be a non-empty array of contents; got an empty array."],
    [
      'a content',
      { contents: [5] },
      "'contents[0]' must be a content such as { role: 'user', parts: [{ text: 'Hello' }] }; got 5.",
    ],
    [
      'a role',
      { contents: [{ role: 'robot', parts: [] }] },
      "'contents[0].role' must be 'user' or 'model'; got 'robot'.",
    ],
    [
      'a part',
      { contents: [{ role: 'user', parts: [5] }] },
      "'contents[0].parts[0]' must be a part such as { text: 'Hello' }; got 5.",
    ],
    [
      'a result without a call',
      { contents: [{ role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] }] },
      "'contents[0].parts[0].functionResponse' answers the function 'f', which no earlier content calls.",
    ],
    ['tools', { tools: 'none' }, "'tools' must be an array of tools; got 'none'."],
    [
      'a function',
      { tools: [{ functionDeclarations: [{}] }] },
      "'tools[0].functionDeclarations[0]' must be a function with a 'name'; got an object.",
    ],
  ])('rejects %s that it cannot translate, naming the place', (_, request, message) => {
    expect(() => decode(request)).toThrow(message)
  })

  it('is counted with contents alone, or as a whole request', () => {
    const context = { model: 'wise', created: 1, id: 'a1' }
    expect(decodeCountRequest({ model: 'wise', contents: hello }, context)).toEqual({
      model: 'wise',
      messages: [{ role: 'user', content: 'Hello' }],
    })
    const whole = { model: 'models/x', contents: hello, systemInstruction: { parts: [{ text: 'S' }] } }
    expect(decodeCountRequest({ model: 'wise', generateContentRequest: whole }, context).messages).toHaveLength(2)
    expect(encodeCount(12)).toEqual({ totalTokens: 12 })
  })
})

describe('a user turn', () => {
  it('keeps text and media', () => {
    expect(
      user(
        { text: 'See' },
        { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        { inlineData: { mimeType: 'audio/mpeg', data: 'BBBB' } },
        { inlineData: { mimeType: 'application/pdf', data: 'CCCC', displayName: 'c.pdf' } },
        { inlineData: { mimeType: 'video/mp4', data: 'DDDD' } },
        { fileData: { mimeType: 'image/png', fileUri: 'gs://b/i.png' } },
        { fileData: { mimeType: 'video/mp4', fileUri: 'https://youtu.be/x' } },
      ),
    ).toEqual([
      { type: 'text', text: 'See' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'input_audio', input_audio: { data: 'BBBB', format: 'mp3' } },
      {
        type: 'file',
        file: { file_data: 'data:application/pdf;base64,CCCC', filename: 'c.pdf', format: 'application/pdf' },
      },
      { type: 'file', file: { file_data: 'data:video/mp4;base64,DDDD', format: 'video/mp4' } },
      { type: 'image_url', image_url: { url: 'gs://b/i.png', format: 'image/png' } },
      { type: 'file', file: { file_id: 'https://youtu.be/x', format: 'video/mp4' } },
    ])
  })

  it('may be a text, or one content without a list', () => {
    expect(decode({ contents: 'Hello' }).params.messages).toEqual([{ role: 'user', content: 'Hello' }])
    expect(decode({ contents: { parts: { text: 'Hello' } } }).params.messages).toEqual([
      { role: 'user', content: 'Hello' },
    ])
  })

  it('leaves out kinds of parts that other APIs do not have', () => {
    const { params, warnings } = decode({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }, { toolResponse: { id: 't' } }] }],
    })
    expect(params.messages).toEqual([{ role: 'user', content: 'Hi' }])
    expect(warnings).toMatchObject([{ param: 'contents[0].parts[1]' }])
  })

  it('has results of functions first, matched by id, or by name and order', () => {
    const messages = messagesOf(
      {
        role: 'model',
        parts: [
          { functionCall: { name: 'f', args: { n: 1 } } },
          { functionCall: { name: 'f', args: { n: 2 } } },
          { functionCall: { id: 'own', name: 'g', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { text: 'Here:' },
          { functionResponse: { id: 'own', name: 'g', response: { error: 'no' } } },
          { functionResponse: { name: 'f', response: { output: 'first' } } },
          { functionResponse: { id: 'unknown', name: 'f', response: { name: 'f', content: 'second' } } },
        ],
      },
    )
    expect(messages.slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'own', content: 'no', is_error: true },
      { role: 'tool', tool_call_id: 'call_0_0', content: 'first' },
      { role: 'tool', tool_call_id: 'call_0_1', content: '{"name":"f","content":"second"}' },
      { role: 'user', content: 'Here:' },
    ])
  })

  it('keeps images in results', () => {
    const messages = messagesOf(
      { role: 'model', parts: [{ functionCall: { name: 'shot', args: {} } }] },
      {
        role: 'user',
        parts: [
          {
            functionResponse: {
              name: 'shot',
              response: { output: 'done' },
              parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
            },
          },
        ],
      },
    )
    expect(messages[1]).toEqual({
      role: 'tool',
      tool_call_id: 'call_0_0',
      content: [
        { type: 'text', text: 'done' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      ],
    })
  })
})

describe("a model's turn", () => {
  it('keeps thoughts, text, images and calls with their signatures', () => {
    expect(
      model(
        { text: 'Shown. ', thought: true },
        { text: 'Hm.', thought: true, thoughtSignature: 's1' },
        { text: 'I look.', thoughtSignature: 's2' },
        { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 's3' },
        { functionCall: { id: 'c1', name: 'look', args: { at: 'door' } }, thoughtSignature: 's4' },
      ),
    ).toEqual({
      role: 'assistant',
      content: 'I look.',
      reasoning_content: 'Shown. Hm.',
      thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 's1', format: 'google-gemini-v1' }],
      images: [
        {
          type: 'image_url',
          image_url: { url: 'data:image/png;base64,AAAA' },
          provider_specific_fields: { thought_signature: 's3' },
        },
      ],
      tool_calls: [
        {
          id: 'c1',
          type: 'function',
          function: { name: 'look', arguments: '{"at":"door"}' },
          provider_specific_fields: { thought_signature: 's4' },
        },
      ],
      provider_specific_fields: { thought_signature: 's2' },
    })
  })

  it('gets the ids of its calls back, if the client sends none', () => {
    const sealed = { functionCall: { name: 'f', args: {} }, thoughtSignature: seal({ ids: ['own1', 'own2'] }) }
    const messages = messagesOf(
      { role: 'model', parts: [sealed, { functionCall: { name: 'g', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'g', response: { output: 'x' } } }] },
    )
    expect(messages).toMatchObject([{ tool_calls: [{ id: 'own1' }, { id: 'own2' }] }, { tool_call_id: 'own2' }])
  })

  it('gets reasoning back that the client has dropped, and once if it has not', () => {
    const call = { functionCall: { id: 'c1', name: 'f', args: {} }, thoughtSignature: seal({ reasoning: 'Hm.' }) }
    for (const parts of [[call], [{ text: 'Hm.', thought: true }, call]]) {
      expect(model(...parts)).toMatchObject({ reasoning_content: 'Hm.' })
    }
  })

  it.each([
    'skip_thought_signature_validator',
    'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=',
    'context_engineering_is_the_way_to_go',
  ])('drops the made-up signature %s', (thoughtSignature) => {
    expect(model({ functionCall: { id: 'c1', name: 'f', args: {} }, thoughtSignature })).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    })
  })

  it('stores parts that chat has no place for', () => {
    const parts = [
      { text: 'Running.' },
      { executableCode: { language: 'PYTHON', code: '1+1' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } },
      { text: 'It is 2.' },
    ]
    expect(model(...parts)).toEqual({
      role: 'assistant',
      content: 'Running.It is 2.',
      provider_specific_fields: { content_parts: parts },
    })
  })

  it('gives sealed state back to its provider, also from URL-safe base64', () => {
    const thinking = [{ type: 'thinking', thinking: 'Hm. ~~~???', signature: 'EqM=' }]
    const state = seal({ call: { extra: 1 }, message: { output_items: ['ü'] }, thinking })
    const safe = state.replaceAll('+', '-').replaceAll('/', '_')
    expect(model({ functionCall: { id: 'c1', name: 'f', args: {} }, thoughtSignature: safe })).toEqual({
      role: 'assistant',
      content: null,
      reasoning_content: 'Hm. ~~~???',
      thinking_blocks: thinking,
      tool_calls: [
        {
          id: 'c1',
          type: 'function',
          function: { name: 'f', arguments: '{}' },
          provider_specific_fields: { extra: 1 },
        },
      ],
      provider_specific_fields: { output_items: ['ü'] },
    })
  })
})

describe('tools', () => {
  it('become functions with JSON Schema', () => {
    const { params } = decode({
      tools: [
        {
          functionDeclarations: [
            {
              name: 'look',
              description: 'Looks.',
              parameters: {
                type: 'OBJECT',
                properties: {
                  at: { type: 'STRING', enum: ['door'], format: 'enum', nullable: true },
                  many: { type: 'ARRAY', items: { type: 'INTEGER' }, minItems: '1', maxItems: '3' },
                  type: { type: 'STRING', example: 'x' },
                },
                required: ['at'],
                propertyOrdering: ['at', 'many'],
              },
            },
            { name: 'now' },
            {
              name: 'plain',
              parametersJsonSchema: { $schema: 'x', type: 'object', properties: {}, additionalProperties: false },
            },
          ],
        },
      ],
    })
    expect(params.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'look',
          description: 'Looks.',
          parameters: {
            type: 'object',
            properties: {
              at: { type: ['string', 'null'], enum: ['door', null] },
              many: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 },
              type: { type: 'string', examples: ['x'] },
            },
            required: ['at'],
          },
        },
      },
      { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
      {
        type: 'function',
        function: { name: 'plain', parameters: { type: 'object', properties: {}, additionalProperties: false } },
      },
    ])
  })

  it('of Google are mapped or left out with a warning', () => {
    const { params, warnings } = decode({ tools: [{ googleSearch: {} }, { codeExecution: {}, urlContext: null }] })
    expect(params.web_search_options).toEqual({})
    expect(params.tools).toBeUndefined()
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'tools[1].codeExecution' }])
  })

  const tools = [{ functionDeclarations: [{ name: 'f' }, { name: 'g' }] }]
  const some = (mode: string) => ({
    type: 'allowed_tools',
    allowed_tools: {
      mode,
      tools: [
        { type: 'function', function: { name: 'f' } },
        { type: 'function', function: { name: 'g' } },
      ],
    },
  })
  it.each([
    [{ mode: 'AUTO' }, 'auto'],
    [{ mode: 'VALIDATED' }, 'auto'],
    [{ mode: 'NONE' }, 'none'],
    [{ mode: 'ANY' }, 'required'],
    [
      { mode: 'ANY', allowedFunctionNames: ['f'] },
      { type: 'function', function: { name: 'f' } },
    ],
    [{ mode: 'ANY', allowedFunctionNames: ['f', 'g'] }, some('required')],
    [{ mode: 'VALIDATED', allowedFunctionNames: ['f', 'g'] }, some('auto')],
    [{ mode: 'MODE_UNSPECIFIED' }, undefined],
    [{}, undefined],
  ])('are chosen by %j', (functionCallingConfig, expected) => {
    expect(decode({ tools, toolConfig: { functionCallingConfig } }).params.tool_choice).toEqual(expected)
  })
})

describe('a request to Gemini itself', () => {
  it('goes without sealed signatures', () => {
    const request = {
      model: 'wise',
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        {
          role: 'model',
          parts: [
            { text: 'Ho', thoughtSignature: seal({}) },
            { functionCall: { name: 'f' }, thought_signature: seal({}) },
            { functionCall: { name: 'g' }, thoughtSignature: 'own' },
          ],
        },
      ],
    }
    expect(withoutSeals(request).contents).toEqual([
      { role: 'user', parts: [{ text: 'Hi' }] },
      {
        role: 'model',
        parts: [
          { text: 'Ho' },
          { functionCall: { name: 'f' }, thoughtSignature: 'skip_thought_signature_validator' },
          { functionCall: { name: 'g' }, thoughtSignature: 'own' },
        ],
      },
    ])
    const plain = { model: 'wise', contents: hello }
    expect(withoutSeals(plain)).toBe(plain)
  })
})

/**
 * Bodies as the dialect writes them, held against the types of Google's SDK. It has none for the request as it travels, so that one
 * is made here of the parts that it has; enums are taken by their values.
 */
import type { Content, GenerationConfig, SafetySetting, ServiceTier, Tool, ToolConfig } from '@google/genai'

type Values<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? Values<Item>[]
    : T extends object
      ? { [Name in keyof T]: Values<T[Name]> }
      : T

type Body = Values<{
  contents: Content[]
  systemInstruction?: Content
  tools?: Tool[]
  toolConfig?: ToolConfig & { includeServerSideToolInvocations?: boolean }
  generationConfig?: GenerationConfig
  safetySettings?: SafetySetting[]
  cachedContent?: string
  serviceTier?: ServiceTier
}>

export const tools = {
  systemInstruction: { parts: [{ text: 'Be brief.' }] },
  contents: [
    { role: 'user', parts: [{ text: 'Weather in Oslo?' }] },
    {
      role: 'model',
      parts: [
        { text: 'Looking.' },
        { functionCall: { id: 'c1', name: 'get_weather', args: { city: 'Oslo' } }, thoughtSignature: 'EqAB' },
      ],
    },
    {
      role: 'user',
      parts: [
        {
          functionResponse: {
            id: 'c1',
            name: 'get_weather',
            response: { output: 'rain' },
            parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
          },
        },
        { text: 'And tomorrow?' },
      ],
    },
  ],
  tools: [
    {
      functionDeclarations: [
        {
          name: 'get_weather',
          description: 'Weather.',
          parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } } },
        },
      ],
    },
    { googleSearch: {} },
  ],
  toolConfig: {
    functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['get_weather'] },
    includeServerSideToolInvocations: true,
  },
  generationConfig: {
    temperature: 0,
    topP: 0.5,
    topK: 40,
    maxOutputTokens: 500,
    stopSequences: ['END'],
    seed: 1,
    candidateCount: 2,
    responseLogprobs: true,
    logprobs: 3,
    thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: true },
  },
  serviceTier: 'flex',
  safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
} satisfies Body

export const content = {
  contents: [
    {
      role: 'user',
      parts: [
        { fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a.png' } },
        { inlineData: { mimeType: 'video/mp4', data: 'AAAA' }, videoMetadata: { fps: 1, startOffset: '10s' } },
        { fileData: { fileUri: 'gs://bucket/a' } },
      ],
    },
  ],
  generationConfig: {
    responseMimeType: 'application/json',
    responseJsonSchema: { type: 'object', properties: { a: { enum: ['x'] } } },
    thinkingConfig: { thinkingBudget: 2000, includeThoughts: true },
  },
  cachedContent: 'cachedContents/x',
} satisfies Body

export const speech = {
  contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
  generationConfig: {
    responseModalities: ['AUDIO'],
    speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
  },
} satisfies Body

/** A model that takes OpenAPI's schemas only. */
export const older = {
  contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
  tools: [{ codeExecution: {} }],
  generationConfig: {
    responseMimeType: 'application/json',
    responseSchema: { type: 'OBJECT', properties: { a: { type: 'STRING', nullable: true } } },
  },
} satisfies Body

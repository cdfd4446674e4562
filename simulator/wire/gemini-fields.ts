import { isRecord, type Json, records } from '../json.js'
import { type KnownFields, unknownField } from './fields.js'

/** All fields of the API; it rejects any other. https://ai.google.dev/api/generate-content */
const messages: KnownFields = {
  GenerateContentRequest: {
    model: '',
    contents: 'Content',
    systemInstruction: 'Content',
    tools: 'Tool',
    toolConfig: 'ToolConfig',
    safetySettings: 'SafetySetting',
    generationConfig: 'GenerationConfig',
    cachedContent: '',
    serviceTier: '',
    store: '',
  },
  CountTokensRequest: { model: '', contents: 'Content', generateContentRequest: 'GenerateContentRequest' },
  EmbedContentRequest: { model: '', content: 'Content', taskType: '', title: '', outputDimensionality: '' },
  BatchEmbedContentsRequest: { model: '', requests: 'EmbedContentRequest' },
  PredictRequest: { instances: '', parameters: '', labels: '' },
  Content: { role: '', parts: 'Part' },
  Part: {
    text: '',
    inlineData: 'Blob',
    fileData: 'FileData',
    functionCall: 'FunctionCall',
    functionResponse: 'FunctionResponse',
    executableCode: '',
    codeExecutionResult: '',
    toolCall: '',
    toolResponse: '',
    videoMetadata: '',
    mediaResolution: '',
    partMetadata: '',
    thought: '',
    thoughtSignature: '',
  },
  Blob: { mimeType: '', data: '' },
  FileData: { mimeType: '', fileUri: '' },
  FunctionCall: { id: '', name: '', args: '' },
  FunctionResponse: { id: '', name: '', response: '', parts: '', willContinue: '', scheduling: '' },
  Tool: {
    functionDeclarations: 'FunctionDeclaration',
    googleSearch: '',
    googleSearchRetrieval: '',
    googleMaps: '',
    codeExecution: '',
    urlContext: '',
    computerUse: '',
    fileSearch: '',
    mcpServers: '',
  },
  FunctionDeclaration: {
    name: '',
    description: '',
    behavior: '',
    parameters: 'Schema',
    parametersJsonSchema: '',
    response: 'Schema',
    responseJsonSchema: '',
  },
  ToolConfig: {
    functionCallingConfig: 'FunctionCallingConfig',
    retrievalConfig: '',
    includeServerSideToolInvocations: '',
  },
  FunctionCallingConfig: { mode: '', allowedFunctionNames: '' },
  SafetySetting: { category: '', threshold: '' },
  GenerationConfig: {
    stopSequences: '',
    responseMimeType: '',
    responseSchema: 'Schema',
    responseJsonSchema: '',
    _responseJsonSchema: '',
    responseModalities: '',
    candidateCount: '',
    maxOutputTokens: '',
    temperature: '',
    topP: '',
    topK: '',
    seed: '',
    presencePenalty: '',
    frequencyPenalty: '',
    responseLogprobs: '',
    logprobs: '',
    enableEnhancedCivicAnswers: '',
    speechConfig: '',
    thinkingConfig: 'ThinkingConfig',
    imageConfig: '',
    mediaResolution: '',
  },
  ThinkingConfig: { includeThoughts: '', thinkingBudget: '', thinkingLevel: '' },
  Schema: {
    type: '',
    format: '',
    title: '',
    description: '',
    nullable: '',
    enum: '',
    maxItems: '',
    minItems: '',
    properties: 'map:Schema',
    required: '',
    minProperties: '',
    maxProperties: '',
    minLength: '',
    maxLength: '',
    pattern: '',
    example: '',
    anyOf: 'Schema',
    propertyOrdering: '',
    default: '',
    items: 'Schema',
    minimum: '',
    maximum: '',
  },
}

/** Additional fields of Vertex AI. https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference */
const onVertex: KnownFields = {
  GenerateContentRequest: { labels: '', modelArmorConfig: '' },
  CountTokensRequest: {
    instances: '',
    systemInstruction: 'Content',
    tools: 'Tool',
    generationConfig: 'GenerationConfig',
  },
  FunctionCall: { partialArgs: '', willContinue: '' },
  Tool: { retrieval: '', enterpriseWebSearch: '', parallelAiSearch: '' },
  FunctionCallingConfig: { streamFunctionCallArguments: '' },
  GenerationConfig: { audioTimestamp: '', routingConfig: '', modelConfig: '' },
  SafetySetting: { method: '' },
  Blob: { displayName: '' },
  FileData: { displayName: '' },
  Schema: { additionalProperties: '', $ref: '', $defs: 'map:Schema', ref: '', defs: 'map:Schema' },
}

/** Finds the first unknown field of a request and its path (empty at the top level). */
export function unknownName(
  body: Json,
  message: string,
  vertex: boolean,
): { readonly name: string; readonly place: string } | undefined {
  const known = (of: string, name: string): string | undefined =>
    messages[of]?.[camel(name)] ?? (vertex ? onVertex[of]?.[camel(name)] : undefined)
  const found = unknownField(body, message, known)
  if (!found) return undefined
  const steps = found.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${snake(step)}`))
  return { name: found.name, place: steps.join('').replace(/^\./, '') }
}

/** Both casings are accepted. */
function camel(name: string): string {
  return name.replace(/(?<=[a-z])_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** Reads a field in either casing. */
export function field(json: Json, name: string): unknown {
  return json[name] ?? json[snake(name)]
}

/** A single item is accepted in place of a list. */
export function items(value: unknown): readonly Json[] {
  return isRecord(value) ? [value] : records(value)
}

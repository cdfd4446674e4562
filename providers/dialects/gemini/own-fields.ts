import type { ChatParams } from '../../../src/types/chat.js'
import { readParams } from './params.js'
import { type Fields, isFields, toCamel } from './wire.js'

/** Fields of a request in Gemini's own terms. */
export interface OwnFields {
  /** For `generationConfig`. */
  readonly config: Fields
  /** For `toolConfig`. */
  readonly toolConfig: Fields
  /** For the root. */
  readonly root: Fields
}

/** https://ai.google.dev/api/generate-content#GenerationConfig, and what Vertex AI has beyond it */
const configFields: ReadonlySet<string> = new Set([
  'candidateCount',
  'maxOutputTokens',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'responseLogprobs',
  'responseFormat',
  'speechConfig',
  'thinkingConfig',
  'imageConfig',
  'mediaResolution',
  'enableEnhancedCivicAnswers',
  'enableAffectiveDialog',
  'audioTimestamp',
  'routingConfig',
  'modelConfig',
])

const rootFields: ReadonlySet<string> = new Set([
  'safetySettings',
  'cachedContent',
  'systemInstruction',
  'labels',
  'modelArmorConfig',
  'serviceTier',
])

const toolFields: ReadonlySet<string> = new Set(['includeServerSideToolInvocations', 'retrievalConfig'])

/** Names that Gemini knows are put where they belong; every other passes to the root as it is. */
export function ownFields(params: ChatParams): OwnFields {
  const own: OwnFields = { config: {}, toolConfig: {}, root: {} }
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || readParams.has(name)) continue
    const camel = toCamel(name)
    if (camel === 'generationConfig') Object.assign(own.config, camelKeys(value))
    else if (camel === 'toolConfig') Object.assign(own.toolConfig, camelKeys(value))
    else if (configFields.has(camel)) own.config[camel] = value
    else if (toolFields.has(camel)) own.toolConfig[camel] = value
    else own.root[rootFields.has(camel) ? camel : name] = value
  }
  return own
}

function camelKeys(value: unknown): Fields {
  const entries = isFields(value) ? Object.entries(value) : []
  return Object.fromEntries(entries.map(([name, inner]) => [toCamel(name), inner]))
}

import type { Provider, RouteRequest } from './contract.js'
import { geminiCounting } from './counting.js'
import { decisionDialect } from './dialects/gemini/decision.js'
import { type GeminiQuirks, gemini, methodOf } from './dialects/gemini/index.js'
import { encodeSegments } from './shared/path.js'

/** The path of a model. A base may contain the version. */
function modelPath(model: string, basePath: string): string {
  const name = /^(?:models|tunedModels)\//.test(model) ? model : `models/${model}`
  return `${versionFor(basePath)}/${encodeSegments(name, 'gemini')}`
}

const versionFor = (basePath: string): string => (/\/v\d\w*$/.test(basePath) ? '' : '/v1beta')

/** Google AI Studio. https://ai.google.dev/api */
export const provider: Provider<GeminiQuirks> = Object.freeze({
  id: 'gemini',
  name: 'Google AI Studio',
  dialect: gemini,
  address: Object.freeze({
    base: 'https://generativelanguage.googleapis.com',
    env: Object.freeze(['GEMINI_API_BASE']),
    path: (operation, model, stream, _settings, basePath) => {
      if (operation === 'decide') return `${versionFor(basePath)}/decisions`
      const path = modelPath(model, basePath)
      if (operation === 'embedding') return `${path}:batchEmbedContents`
      return path + methodOf(operation, model, stream)
    },
  } satisfies Provider['address']),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['GEMINI_API_KEY', 'GOOGLE_API_KEY']),
        header: 'x-goog-api-key',
      } as const),
    ]),
    required: true,
    url: 'https://aistudio.google.com/apikey',
  }),
  count: Object.freeze({
    ...geminiCounting,
    path: (model: string, _: unknown, basePath: string) => `${modelPath(model, basePath)}:countTokens`,
  }),
  // models of their own, by the types of @google/genai 3.3
  route: (model: string, request?: RouteRequest) =>
    (request?.operation === 'decide' && /decision/.test(model) ? deciding : provider) as Provider,
  quirks: Object.freeze({}),
} satisfies Provider<GeminiQuirks>)

const deciding = Object.freeze({ ...provider, dialect: Object.freeze({ ...gemini, decide: decisionDialect }) })

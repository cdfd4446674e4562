import { clip } from '../digest.js'
import { type Json, list, number, record, string } from '../json.js'
import { geminiDecisions } from './decisions.js'
import { frames, whole } from './gemini-answer.js'
import { embeddings, refuseEmbeddings } from './gemini-embeddings.js'
import { geminiError, isVertex, refuseKey, rpcError } from './gemini-errors.js'
import { refuseContents } from './gemini-refusals.js'
import { readContents } from './gemini-request.js'
import { imagen } from './media.js'
import { rank } from './rank.js'
import { endsWith, googleMethod, modelInPath, type Route, type Wire } from './wire.js'

/** Google AI Studio, and Gemini on Vertex AI. https://ai.google.dev/api */
export const gemini: Wire = {
  name: 'gemini',
  framing: 'sse',
  lineEnding: '\r\n',
  route(method, path, headers) {
    if (method === 'POST' && endsWith(path, '/decisions') && headers['x-goog-api-key'] !== undefined) {
      return { operation: 'decide' }
    }
    if (method === 'POST') return endsWith(path, ':rank') ? { operation: 'rerank' } : methodRoute(path)
    // OpenAI and Anthropic use this path, too
    const ours = /\/v1(?:alpha|beta)\d*\/models/.test(path) || headers['x-goog-api-key'] !== undefined
    return ours && method === 'GET' && (endsWith(path, '/models') || modelInPath(path) !== undefined)
      ? { operation: 'models' }
      : undefined
  },
  key: (headers, path) =>
    headers['x-goog-api-key'] ??
    /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ??
    (new URL(path, 'http://localhost').searchParams.get('key') || undefined),
  headers: () => ({
    'server-timing': 'gfet4t7; dur=12',
    server: 'scaffolding on HTTPServer2',
    vary: 'Origin, X-Origin, Referer',
    'x-content-type-options': 'nosniff',
  }),
  refuseKey,
  refuse(request) {
    switch (request.operation) {
      case 'chat':
      case 'count-tokens':
        return refuseContents(request)
      case 'embedding':
        return refuseEmbeddings(request)
      case 'unknown':
        return rpcError(request, 404, 'NOT_FOUND', `There is no method at ${clip(request.path, 200)}.`)
      default:
        return undefined
    }
  },
  error: geminiError,
  errorInside(request, status = 503) {
    // an error event can't be HTML
    const wish = { status, ...(status === 502 && { message: 'Bad gateway' }) }
    const { error } = geminiError({ ...request, stream: true }, wish).body as Json
    return { body: { error }, frame: { data: JSON.stringify({ error }), part: 'close' } }
  },
  read: readContents,
  whole,
  frames,
  embeddings,
  decisions: geminiDecisions,
  rerank({ body }, scores) {
    const records = list(body.records).map(record)
    const ranked = rank(
      string(body.query) ?? '',
      records.map(({ content }) => content),
      scores,
      number(body.topN),
    )
    return { records: ranked.map(({ index, score }) => ({ id: records[index]?.id, score })) }
  },
  media: imagen,
  models({ path }, models) {
    const card = (id: string): Json => ({
      name: `models/${id}`,
      version: '001',
      displayName: id,
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'countTokens', 'embedContent'],
    })
    const id = modelInPath(path)
    return id === undefined ? { models: models.map(card) } : card(id)
  },
  countTokens({ prompt }, request) {
    const totalTokens = prompt.fresh + prompt.cacheRead
    const promptTokensDetails = [{ modality: 'TEXT', tokenCount: totalTokens }]
    return { totalTokens, ...(isVertex(request) && { totalBillableCharacters: totalTokens * 4 }), promptTokensDetails }
  },
}

function methodRoute(path: string): Route | undefined {
  const google = googleMethod(path)
  if (!google || (google.publisher !== undefined && google.publisher !== 'google')) return undefined
  const { model, name } = google
  switch (name) {
    case 'generateContent':
      return { operation: 'chat', model, stream: false }
    case 'streamGenerateContent':
      // without it the response is a JSON list
      return { operation: 'chat', model, stream: /[?&]alt=sse(?:&|$)/.test(path) }
    case 'embedContent':
    case 'batchEmbedContents':
    case 'predict':
      return { operation: model.startsWith('imagen-') ? 'imageGeneration' : 'embedding', model }
    case 'countTokens':
      return { operation: 'count-tokens', model }
    default:
      return { operation: 'unknown', model }
  }
}

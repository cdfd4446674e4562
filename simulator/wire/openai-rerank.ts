import { countTokens } from '../digest.js'
import { type Json, list, number, string } from '../json.js'
import { badRequest } from './openai-errors.js'
import { documentText, rank } from './rank.js'
import type { WireError, WireRequest } from './wire.js'

/** `/v1/rerank` of Jina, vLLM, llama.cpp and others, and Voyage's variant. OpenAI has no such endpoint. */
export function rerank({ body, model }: WireRequest, scores: readonly number[] | undefined): Json {
  const documents = list(body.documents)
  const query = string(body.query) ?? ''
  const tokens = documents.reduce<number>((sum, item) => sum + countTokens(query) + countTokens(documentText(item)), 0)
  const ranked = rank(query, documents, scores, number(body.top_n) ?? number(body.top_k))
  const results = ranked.map(({ index, score }) => ({ index, relevance_score: score }))
  // https://docs.voyageai.com/reference/reranker-api
  if (isVoyage(model)) return { object: 'list', data: results, model, usage: { total_tokens: tokens } }
  const whole = results.map((result) => ({ ...result, document: { text: documentText(documents[result.index]) } }))
  // https://api.jina.ai/scalar#tag/rerank
  return {
    model,
    object: 'list',
    usage: { prompt_tokens: tokens, total_tokens: tokens },
    results: body.return_documents === false ? results : whole,
  }
}

/** `rerank-2.5`, `rerank-lite-1` */
function isVoyage(model: string): boolean {
  return /^rerank-(?:lite-)?\d/.test(model)
}

const voyageFields = ['model', 'query', 'documents', 'top_k', 'return_documents', 'truncation']

export function refuseRerank({ body, model }: WireRequest): WireError | undefined {
  if (model === '') return badRequest('you must provide a model parameter')
  if (isVoyage(model)) {
    const unknown = Object.keys(body).find((name) => !voyageFields.includes(name))
    if (unknown !== undefined) {
      return { status: 400, body: { detail: `Argument '${unknown}' is not supported by our API` } }
    }
  }
  if (!string(body.query)) return badRequest("'query' must be a text that is not empty.", 'query')
  return list(body.documents).length > 0 ? undefined : badRequest("'documents' must not be empty.", 'documents')
}

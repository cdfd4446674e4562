/** Paths of the label `route`: a closed list, since clients choose the rest of a path. */
const known = [
  ...['/chat/completions', '/completions', '/embeddings', '/responses', '/messages/count_tokens', '/messages'],
  ...['/moderations', '/rerank', '/images/generations', '/images/edits', '/images/variations', '/audio/speech'],
  ...['/audio/transcriptions', '/audio/translations', '/files', '/batches', '/models', '/realtime'],
]
const gemini = /:(generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents)$/
const providers = /^\/(openai|anthropic|gemini|vertex_ai|bedrock|azure|cohere|mistral)\//

/** The route of a path without names of models, ids and subpaths; `other` for the rest. */
export function routeOf(path: string): string {
  const version = path.startsWith('/v1/') ? '/v1' : ''
  const rest = path.slice(version.length)
  const found = known.find((route) => rest === route || rest.startsWith(`${route}/`))
  if (found) return `${version}${found}`
  const action = gemini.exec(path)
  if (action) return `/v1beta/models/{model}:${action[1]}`
  const deployment = /^\/(openai\/deployments|engines)\/[^/]+(\/.+)$/.exec(path)
  const suffix = deployment && known.find((route) => deployment[2] === route)
  if (deployment && suffix) return `/${deployment[1]}/{model}${suffix}`
  const provider = providers.exec(path)
  return provider ? `/${provider[1]}/*` : 'other'
}

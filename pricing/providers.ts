/** Aliases of provider prefixes, and the providers of bare model ids. */

const spellings: Readonly<Record<string, string>> = Object.freeze({
  'amazon-bedrock': 'bedrock',
  aws: 'bedrock',
  bedrock_converse: 'bedrock',
  'bedrock-mantle': 'bedrock_mantle',
  'amazon-nova': 'amazon_nova',
  'aws-bedrock': 'bedrock',
  vertex: 'vertex_ai',
  vertexai: 'vertex_ai',
  'google-vertex': 'vertex_ai',
  vertex_ai_beta: 'vertex_ai',
  google: 'gemini',
  'google-ai-studio': 'gemini',
  google_ai_studio: 'gemini',
  azure_openai: 'azure',
  'azure-openai': 'azure',
  azure_text: 'azure',
  'azure-ai': 'azure_ai',
  fireworks: 'fireworks_ai',
  'fireworks-ai': 'fireworks_ai',
  together: 'together_ai',
  togetherai: 'together_ai',
  'together-ai': 'together_ai',
  'x-ai': 'xai',
  'x.ai': 'xai',
  voyageai: 'voyage',
  moonshotai: 'moonshot',
  kimi: 'moonshot',
  qwen: 'dashscope',
  qwen_ai_platform: 'dashscope',
  alibaba: 'dashscope',
  'z-ai': 'zai',
  'z.ai': 'zai',
  glm: 'zai',
  zhipu: 'zhipuai',
  bigmodel: 'zhipuai',
  nvidia: 'nvidia_nim',
  lambda: 'lambda_ai',
  jina: 'jina_ai',
  cohere_chat: 'cohere',
  mistralai: 'mistral',
  'text-completion-openai': 'openai',
  'text-completion-codestral': 'codestral',
  'text-completion-inception': 'inception',
  'github-copilot': 'github_copilot',
  xiaomi: 'xiaomi_mimo',
  featherless: 'featherless_ai',
  friendli: 'friendliai',
  'gmi-cloud': 'gmi',
  huggingface_hub: 'huggingface',
  'cloudflare-workers-ai': 'cloudflare',
  workers_ai: 'cloudflare',
})

/** The prefix of a provider in the table. */
export const canonicalProvider = (id: string): string => {
  const lower = id.toLowerCase()
  return Object.hasOwn(spellings, lower) ? (spellings[lower] ?? lower) : lower
}

/**
 * Sellers of the same model at the same price, used if a provider has no row of its own. Azure charges OpenAI's prices for
 * OpenAI's models and Anthropic's for Claude; Vertex AI charges those of the Gemini API.
 */
const sellers: Readonly<Record<string, readonly string[]>> = Object.freeze({
  azure: ['openai', 'azure_ai', 'anthropic'],
  azure_ai: ['azure', 'openai', 'anthropic', 'deepseek', 'xai', 'moonshot'],
  vertex_ai: ['gemini', 'anthropic'],
  bedrock_mantle: ['bedrock'],
})

export const samePriceSellers = (provider: string): readonly string[] =>
  Object.hasOwn(sellers, provider) ? (sellers[provider] ?? []) : []

/** A seller and the id of a model there. */
export interface SoldBy {
  readonly seller: string
  readonly model: string
}

/** Makers with one price for a model at every reseller, by their prefix at OpenRouter. Prices of open models depend on the host. */
const resoldMakers: Readonly<Record<string, string>> = Object.freeze({
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'gemini',
  'x-ai': 'xai',
  xai: 'xai',
  perplexity: 'perplexity',
})

/** Gateways without a margin: https://openrouter.ai/docs/faq and https://vercel.com/docs/ai-gateway/pricing */
const resellers: ReadonlySet<string> = new Set(['openrouter', 'vercel_ai_gateway'])
/** Whether a provider sells models at their makers' prices. */
export const isReseller = (provider: string): boolean => resellers.has(provider)

const openModels = /^(?:gpt-oss|gemma)/
/** Variants that change the route and not the price. `:online` adds a fee, `:free` and `:batch` have other prices. */
const routeVariants = /:(?:nitro|floor|exacto|thinking|extended)$/

/** The maker's own row that prices a model at a reseller: `anthropic/claude-sonnet-4.5` is Anthropic's `claude-sonnet-4-5`. */
export function makersRow(provider: string, model: string): SoldBy | undefined {
  if (!resellers.has(provider)) return undefined
  const [maker = '', name = '', ...more] = model.toLowerCase().replace(/^~/, '').replace(routeVariants, '').split('/')
  if (more.length > 0 || openModels.test(name) || !Object.hasOwn(resoldMakers, maker)) return undefined
  const seller = resoldMakers[maker] ?? maker
  return { seller, model: seller === 'anthropic' ? name.replaceAll('.', '-') : name }
}

const homes: readonly (readonly [RegExp, string])[] = [
  [/^(us|eu|apac|jp|au|ca|in|global|us-gov)\.[a-z0-9]+\./, 'bedrock'],
  [
    /^(anthropic|amazon|meta|mistral|cohere|ai21|deepseek|qwen|openai|nvidia|google|minimax|moonshot|moonshotai|writer|zai|stability)\.[a-z]/,
    'bedrock',
  ],
  [/^arn:aws[a-z-]*:bedrock:/, 'bedrock'],
  [/^(multimodalembedding|text-embedding-00[45]|text-multilingual-embedding-)/, 'vertex_ai'],
  [
    /^(gpt-|o\d|chatgpt-|chat-latest$|daybreak-|text-embedding-|ft:|dall-e|whisper|tts-|codex-|omni-moderation|text-moderation|davinci|babbage|computer-use)/,
    'openai',
  ],
  [/^claude-/, 'anthropic'],
  [/^(models\/)?(gemini-|gemma-|imagen-|veo-|learnlm-|text-embedding-00)/, 'gemini'],
  [/^(mistral-|ministral-|magistral-|codestral|devstral-|pixtral-|voxtral-|open-mi)/, 'mistral'],
  [/^(command|c4ai-|embed-(english|multilingual|v\d)|rerank-(v\d|english|multilingual))/, 'cohere'],
  [/^grok-/, 'xai'],
  [/^deepseek-/, 'deepseek'],
  [/^sonar/, 'perplexity'],
  [/^(voyage-|rerank-(2|lite))/, 'voyage'],
  [/^jamba-/, 'ai21'],
  [/^(kimi-|moonshot-)/, 'moonshot'],
  [/^(qwen|qwq|text-embedding-v\d)/, 'dashscope'],
  [/^glm-/, 'zai'],
  [/^minimax-/i, 'minimax'],
  [/^jina-/, 'jina_ai'],
  [/^accounts\/fireworks\//, 'fireworks_ai'],
]

/** The provider whose table is searched for a bare model id. The id must still match there completely. */
export function homeProvider(model: string): string | undefined {
  const lower = model.toLowerCase()
  return homes.find(([pattern]) => pattern.test(lower))?.[1]
}

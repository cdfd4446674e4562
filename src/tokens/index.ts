export { countTokensLocally, loadTokenizer, tokenCounter } from './count.js'
export { estimateTokens } from './estimate.js'
export type { CountMethod, ExpectedError, TokenCount, Tokenizer, TokenRequest } from './types.js'

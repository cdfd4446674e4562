export { countTokensLocally, loadTokenizer, tokenCounter } from './count.js'
export { estimateTokens } from './estimate.js'
export { trimMessages } from './trim.js'

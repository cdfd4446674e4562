/** Errors are those of OpenAI's other APIs: https://platform.openai.com/docs/guides/error-codes */
export { errorFacts } from '../openai/errors.js'

import type { Provider } from './contract.js'
import { completions } from './dialects/openai/completions/index.js'
import type { OpenAIQuirks } from './dialects/openai/index.js'
import { provider as openai } from './openai.js'

const { route: _, ...host } = openai

/** OpenAI's text completion models such as `gpt-3.5-turbo-instruct`; with an `apiBase`, those of any compatible server. */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  ...host,
  id: 'text-completion-openai',
  dialect: completions,
  address: Object.freeze({ ...host.address, path: () => '/completions' }),
})

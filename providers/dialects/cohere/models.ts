export interface ModelFacts {
  /** False for models known not to think: they reject `thinking` and thinking content. */
  readonly thinks: boolean
}

const thinker: ModelFacts = Object.freeze({ thinks: true })
const plain: ModelFacts = Object.freeze({ thinks: false })

/** Models older than Cohere's first reasoning model, and special-purpose models. https://docs.cohere.com/docs/models */
const plainModels: ReadonlySet<string> = new Set([
  ...['command', 'command-nightly', 'command-light', 'command-light-nightly'],
  ...['command-r', 'command-r-03-2024', 'command-r-08-2024', 'command-r7b-12-2024', 'command-r7b-arabic-02-2025'],
  ...['command-r-plus', 'command-r-plus-04-2024', 'command-r-plus-08-2024'],
  ...['command-a-03-2025', 'command-a-vision-07-2025', 'command-a-translate-08-2025'],
  ...['c4ai-aya-expanse-8b', 'c4ai-aya-expanse-32b', 'c4ai-aya-vision-8b', 'c4ai-aya-vision-32b'],
])

/** Unlisted models are assumed to be newer, and newer models think. */
export const modelFacts = (model: string): ModelFacts => (plainModels.has(model) ? plain : thinker)

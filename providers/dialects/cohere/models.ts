export interface ModelFacts {
  /** False where the model is known not to think: it takes no `thinking`, and no thinking of others. */
  readonly thinks: boolean
}

const thinker: ModelFacts = Object.freeze({ thinks: true })
const plain: ModelFacts = Object.freeze({ thinks: false })

/** Models from before Cohere's first that thinks, and its siblings for other work. https://docs.cohere.com/docs/models */
const plainModels: ReadonlySet<string> = new Set([
  ...['command', 'command-nightly', 'command-light', 'command-light-nightly'],
  ...['command-r', 'command-r-03-2024', 'command-r-08-2024', 'command-r7b-12-2024', 'command-r7b-arabic-02-2025'],
  ...['command-r-plus', 'command-r-plus-04-2024', 'command-r-plus-08-2024'],
  ...['command-a-03-2025', 'command-a-vision-07-2025', 'command-a-translate-08-2025'],
  ...['c4ai-aya-expanse-8b', 'c4ai-aya-expanse-32b', 'c4ai-aya-vision-8b', 'c4ai-aya-vision-32b'],
])

/** A model that is not listed may be a newer one: those think. */
export const modelFacts = (model: string): ModelFacts => (plainModels.has(model) ? plain : thinker)

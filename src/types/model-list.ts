/** A model in the list of a provider. */
export interface ListedModel {
  /** Model string for calls: the prefix of the provider and `id`. */
  model: string
  /** The provider's name of the model. */
  id: string
  /** Name for display. */
  name?: string
  /** Unix time in seconds. */
  created?: number
  /** Owner, by the provider's name. */
  owned_by?: string
  /** Most tokens of prompt and answer together, or of the prompt where the provider counts it alone. */
  context_window?: number
  /** Most tokens of an answer. */
  max_output_tokens?: number
  /** The entry as the provider sent it. */
  raw: Record<string, unknown>
}

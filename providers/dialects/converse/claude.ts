import { type ModelFacts as ClaudeFacts, modelFacts } from '../anthropic/models.js'
import type { EncodeScope as ClaudeKit } from '../anthropic/scope.js'
import type { Kit } from './kit.js'

const quirks = Object.freeze({})

/** What Claude wants is the same on every host: its own dialect knows it, and is asked through a kit of its own kind. */
export const asClaude = (
  { report, facts, names, ids }: Kit,
  own: ClaudeFacts = facts.claude ?? modelFacts(''),
): ClaudeKit => ({
  report,
  facts: own,
  quirks,
  names,
  ids,
  betas: new Set(),
})

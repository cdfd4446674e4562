/** The capabilities of Claude models are part of the table of model rules. */
export { type ClaudeRules as ModelFacts, claudeRules as modelFacts, type Effort } from '../../models/index.js'

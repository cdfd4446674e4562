import * as batches from '../batches/parts.js'
import { addPart } from './parts.js'

/** `llmux/batch` for workers: with the files and batches that a client loads by itself on other runtimes. */
export * from '../jobs/index.js'

addPart('batches', batches)

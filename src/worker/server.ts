import * as anthropic from '../../providers/inbound/anthropic/index.js'
import * as gemini from '../../providers/inbound/gemini/index.js'
import * as responses from '../../providers/inbound/responses/index.js'
import * as server from '../server/index.js'
import { addPart } from './parts.js'

/** `llmux/server` for workers: with the parts that a client loads by itself on other runtimes. */
export * from '../server/index.js'

addPart('anthropic', anthropic)
addPart('gemini', gemini)
addPart('responses', responses)
addPart('server', server)

import type * as Responses from '../../providers/inbound/responses/index.js'
import { part } from './parts.js'

export const { responsesWire, withoutBridgedReasoning } = part<typeof Responses>('responses')

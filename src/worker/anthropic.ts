import type * as Anthropic from '../../providers/inbound/anthropic/index.js'
import { part } from './parts.js'

export const { anthropicWire, withoutSeals } = part<typeof Anthropic>('anthropic')

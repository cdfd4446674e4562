import type * as Gemini from '../../providers/inbound/gemini/index.js'
import { part } from './parts.js'

export const { geminiWire, withoutSeals } = part<typeof Gemini>('gemini')

import { provider as anthropic } from '../../../../providers/anthropic.js'
import { type Fields, isFields } from '../../../../providers/fields.js'
import { provider as gemini } from '../../../../providers/gemini.js'
import { anthropicWire as messagesWire } from '../../../../providers/inbound/anthropic/index.js'
import { geminiWire } from '../../../../providers/inbound/gemini/index.js'
import type { Warning } from '../../../../src/types/meta.js'

interface Translated {
  readonly body: Fields
  /** Names of the parameters that a warning names. */
  readonly told: readonly string[]
}

const wires = { anthropic: messagesWire, gemini: geminiWire } as const
const providers = { anthropic, gemini } as const

/** A request from its wire to chat, and by the same provider's dialect back. */
export function translate(name: keyof typeof wires, request: Fields, model: string): Translated {
  const warnings: Warning[] = []
  const context = { model, created: 1, id: 'a1', warn: (warning: Warning) => void warnings.push(warning) }
  const params = wires[name].decodeRequest({ ...request, model } as never, context)
  const { id, dialect, quirks } = providers[name]
  const encodeContext = { provider: id, model, dropParams: true, ownHost: true, quirks: quirks as never }
  const links = dialect.chat?.remoteMedia?.(params, encodeContext) ?? []
  const media = new Map(links.map((url) => [url, { type: 'image/png', data: 'AAAA' }]))
  const encoded = dialect.chat?.encode({ ...params, stream: request.stream === true }, { ...encodeContext, media })
  for (const warning of encoded?.warnings ?? []) warnings.push(warning)
  return {
    body: isFields(encoded?.body) ? encoded.body : {},
    told: [...warnings.map(placeOf), ...(links.length > 0 ? ['messages'] : [])],
  }
}

function placeOf(warning: Warning): string {
  if ('param' in warning) return warning.param
  return 'messageIndex' in warning ? 'messages' : 'format'
}

/** Fields of two bodies that differ. */
export const differing = (one: Fields, other: Fields): string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  )

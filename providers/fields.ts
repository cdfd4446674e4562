import { ProviderFault } from './contract.js'

/** Small readers for JSON from outside, shared by all dialects. */

export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textIn = (fields: Fields, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === 'string' ? value : undefined
}

/** Returns undefined if the text is not JSON. */
export function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns an empty object if the text is not a JSON object. */
export function parseFields(text: string): Fields {
  const body = parseJSON(text)
  return isFields(body) ? body : {}
}

/** @throws {ProviderFault} if the data is not a JSON object */
export function parseEvent(data: string): Fields {
  let body: unknown
  try {
    body = JSON.parse(data)
  } catch {
    throw new ProviderFault('its stream has an event that is not JSON')
  }
  if (!isFields(body)) throw new ProviderFault('its stream has an event that is not an object')
  return body
}

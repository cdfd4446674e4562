import { ProviderFault } from '../../contract.js'
import { parseEvent } from '../../fields.js'
import { isError } from '../openai/decode.js'
import { faultOf } from './decode.js'
import { type Fields, isFields, textIn } from './kit.js'

/**
 * One event, or undefined where it says nothing (`[DONE]`, which some hosts send all the same).
 * @throws {ProviderFault} where it is an error, or not JSON
 */
export function eventIn(name: string | undefined, data: string): Fields | undefined {
  const text = data.trim()
  if (text === '' || text === '[DONE]') return undefined
  const body = parseEvent(text)
  body.type ??= name
  if (body.type === 'error') throw new ProviderFault('its stream has an error', { error: errorIn(body) })
  if (body.type === 'response.failed') throw faultOf(isFields(body.response) ? body.response : body)
  if (body.type === undefined && isError(body)) throw new ProviderFault('its stream has an error', body)
  return body
}

/** The fields of an error stand in the event itself, as documented, or in an `error` of it. */
function errorIn(body: Fields): Fields {
  if (isFields(body.error)) return body.error
  const { type: _, sequence_number: __, ...error } = body
  return { ...error, message: textIn(error, 'message') ?? textIn(body, 'error') ?? 'The stream ended with an error.' }
}

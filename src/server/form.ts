import type { OperationSpec } from '../call/operation.js'
import { BadRequestError, got } from '../errors.js'

/**
 * Parses a body with files: `multipart/form-data`, as OpenAI's API takes it for audio and images. Files become `File` objects, other
 * fields texts, or the types that the operation names. `name[]` and repeated names become a list.
 * @throws {BadRequestError} if it is no form, or a field has the wrong type
 */
export async function parseForm(
  body: Uint8Array,
  contentType: string,
  kinds: OperationSpec['formTypes'] = {},
): Promise<Record<string, unknown>> {
  let form: FormData
  try {
    const response = new Response(body as Uint8Array<ArrayBuffer>, { headers: { 'content-type': contentType } })
    form = await response.formData()
  } catch (error) {
    throw new BadRequestError("The body of a request must be a form, as its 'content-type' says; got other bytes.", {
      cause: error,
    })
  }
  const fields = new Map<string, unknown[]>()
  const lists = new Set<string>()
  for (const [given, value] of form) {
    const name = given.replace(/\[\]$/, '')
    if (name !== given) lists.add(name)
    const values = fields.get(name) ?? []
    values.push(typeof value === 'string' ? fieldValue(name, value, kinds[name]) : value)
    fields.set(name, values)
  }
  const params = [...fields].map(([name, values]) => [name, lists.has(name) || values.length > 1 ? values : values[0]])
  return Object.fromEntries(params) as Record<string, unknown>
}

function fieldValue(name: string, text: string, kind: 'number' | 'boolean' | 'json' | undefined): unknown {
  switch (kind) {
    case 'number': {
      const value = Number(text)
      if (text.trim() === '' || !Number.isFinite(value)) throw wrong(name, 'a number', text)
      return value
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw wrong(name, "'true' or 'false'", text)
      return text === 'true'
    case 'json':
      try {
        return JSON.parse(text)
      } catch {
        throw wrong(name, 'JSON', text)
      }
    default:
      return text
  }
}

const wrong = (name: string, expected: string, text: string) =>
  new BadRequestError(`'${name}' must be ${expected}; ${got(text)}.`, { param: name })

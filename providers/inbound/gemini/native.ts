import { isFields } from '../../fields.js'
import { isSealed } from '../seal.js'
import { fieldIn, type GenerateContentRequest } from './wire.js'

/**
 * The request without signatures that llmux sealed. Gemini rejects them, and a conversation has some if earlier answers came from
 * another provider: calls get Google's placeholder, other parts none. Returns the request itself if it has none.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export function withoutSeals(request: GenerateContentRequest): GenerateContentRequest {
  const { contents } = request
  if (!Array.isArray(contents) || !contents.some(hasSeals)) return request
  return {
    ...request,
    contents: contents.map((content: unknown) =>
      hasSeals(content) ? { ...content, parts: content.parts.map(withoutSeal) } : content,
    ),
  }
}

const isSealedPart = (part: unknown): boolean => isFields(part) && isSealed(fieldIn(part, 'thoughtSignature'))

const hasSeals = (content: unknown): content is { parts: unknown[] } =>
  isFields(content) && Array.isArray(content.parts) && content.parts.some(isSealedPart)

function withoutSeal(part: unknown): unknown {
  if (!isFields(part) || !isSealedPart(part)) return part
  const { thoughtSignature: _, thought_signature: __, ...rest } = part
  const isCall = fieldIn(part, 'functionCall') !== undefined
  return isCall ? { ...rest, thoughtSignature: 'skip_thought_signature_validator' } : rest
}

import { isFields } from '../../fields.js'
import { isSealed } from '../seal.js'
import type { MessagesRequest } from './wire.js'

/**
 * The request without thinking blocks that llmux sealed. Anthropic rejects them, and a conversation has some if earlier answers came
 * from another provider. Returns the request itself if it has none.
 */
export function withoutSeals(request: MessagesRequest): MessagesRequest {
  const messages: readonly unknown[] = Array.isArray(request.messages) ? request.messages : []
  if (!messages.some(hasSeals)) return request
  const kept = messages.flatMap((turn) => {
    if (!hasSeals(turn)) return [turn]
    const content = turn.content.filter((block) => !isSealedBlock(block))
    return content.length > 0 ? [{ ...turn, content }] : []
  })
  return { ...request, messages: kept as MessagesRequest['messages'] }
}

const isSealedBlock = (block: unknown): boolean => isFields(block) && isSealed(block.signature)

const hasSeals = (turn: unknown): turn is { content: unknown[] } =>
  isFields(turn) && turn.role === 'assistant' && Array.isArray(turn.content) && turn.content.some(isSealedBlock)

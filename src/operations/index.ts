import type { CallOperation } from '../../providers/contract.js'
import type { OperationSpec } from '../call/operation.js'
import { chat } from './chat.js'
import { embedding } from './embedding.js'
import { generateContent } from './generate-content.js'
import { messages } from './messages.js'
import { moderation } from './moderation.js'
import { rerank } from './rerank.js'
import { responses } from './responses.js'

/** Every operation of llmux, by its name. */
export const operations: Readonly<Record<CallOperation, OperationSpec>> = Object.freeze({
  chat,
  embedding,
  rerank,
  responses,
  moderation,
  messages,
  generateContent,
} as unknown as Record<CallOperation, OperationSpec>)

export const operationList: readonly OperationSpec[] = Object.freeze(Object.values(operations))

import type { OperationSpec } from '../call/operation.js'
import type { CallOperation } from '../types/operation.js'
import { chat } from './chat.js'
import { decide } from './decide.js'
import { embedding } from './embedding.js'
import { generateContent } from './generate-content.js'
import { requests } from './index.js'
import { messages } from './messages.js'
import { rerank } from './rerank.js'
import { responses } from './responses.js'
import { textCompletion } from './text-completion.js'

/** Every operation of llmux with its calls, by its name. The small ones are complete in the table of requests. */
export const operations: Readonly<Record<CallOperation, OperationSpec>> = Object.freeze({
  ...requests,
  chat,
  embedding,
  rerank,
  responses,
  textCompletion,
  decide,
  messages,
  generateContent,
} as unknown as Record<CallOperation, OperationSpec>)

export const operationList: readonly OperationSpec[] = Object.freeze(Object.values(operations))

import type { Operation } from '../../providers/contract.js'
import type { OperationSpec } from '../call/operation.js'
import { chat } from './chat.js'
import { embedding } from './embedding.js'
import { moderation } from './moderation.js'
import { rerank } from './rerank.js'
import { responses } from './responses.js'

/** Every operation of llmux, by its name. */
export const operations: Readonly<Record<Operation, OperationSpec>> = Object.freeze({
  chat,
  embedding,
  rerank,
  responses,
  moderation,
})

export const operationList: readonly OperationSpec[] = Object.freeze(Object.values(operations))

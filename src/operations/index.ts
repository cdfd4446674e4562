/**
 * The operation table. Clients, Routers, `parseRequest()` and servers walk it: an operation is its entry here and its file in this
 * folder. docs/architecture.md lists the files of a new one.
 */
import type { OperationSpec } from '../call/operation.js'
import type { ChatParams } from '../types/chat.js'
import type { DecideParams } from '../types/decision.js'
import type { EmbeddingParams } from '../types/embedding.js'
import type { ImageEditParams, ImageGenerationParams } from '../types/image.js'
import type { ModerationParams } from '../types/moderation.js'
import type { CallOperation } from '../types/operation.js'
import type { RerankParams } from '../types/rerank.js'
import type { ResponsesParams } from '../types/responses.js'
import type { SpeechParams } from '../types/speech.js'
import type { CompactResponseParams } from '../types/stored-response.js'
import type { TextCompletionParams } from '../types/text-completion.js'
import type { TranscriptionParams } from '../types/transcription.js'
import type { GenerateContentParams, MessagesParams } from '../types/wires.js'
import { type CompletionMethod, chat } from './chat.js'
import { type CompactResponseMethod, compactResponse } from './compact-response.js'
import { type DecideMethod, decide } from './decide.js'
import { type EmbeddingMethod, embedding } from './embedding.js'
import { type GenerateContentMethod, generateContent } from './generate-content.js'
import { type ImageEditMethod, type ImageGenerationMethod, imageEdit, imageGeneration } from './images.js'
import { type MessagesMethod, messages } from './messages.js'
import { type ModerationMethod, moderation } from './moderation.js'
import { type RerankMethod, rerank } from './rerank.js'
import { type ResponsesMethod, responses } from './responses.js'
import { type SpeechMethod, speech } from './speech.js'
import { type TextCompletionMethod, textCompletion } from './text-completion.js'
import { type TranscriptionMethod, transcription } from './transcription.js'

/** Every operation of llmux, by its name. */
export const operations: Readonly<Record<CallOperation, OperationSpec>> = Object.freeze({
  chat,
  embedding,
  rerank,
  responses,
  textCompletion,
  decide,
  compactResponse,
  moderation,
  speech,
  transcription,
  imageGeneration,
  imageEdit,
  messages,
  generateContent,
} as unknown as Record<CallOperation, OperationSpec>)

export const operationList: readonly OperationSpec[] = Object.freeze(Object.values(operations))

/**
 * The methods of a client or a Router that run an operation.
 * @typeParam Extra fields of a request beside those of a client's
 * @typeParam Options the same for the second argument
 */
export interface CallMethods<Extra = unknown, Options = Extra>
  extends CompletionMethod<Extra, Options>,
    EmbeddingMethod<Extra, Options>,
    RerankMethod<Extra, Options>,
    ResponsesMethod<Extra, Options>,
    MessagesMethod<Extra, Options>,
    GenerateContentMethod<Extra, Options>,
    TextCompletionMethod<Extra, Options>,
    DecideMethod<Extra, Options>,
    CompactResponseMethod<Extra, Options>,
    ModerationMethod<Extra, Options>,
    SpeechMethod<Extra, Options>,
    TranscriptionMethod<Extra, Options>,
    ImageGenerationMethod<Extra, Options>,
    ImageEditMethod<Extra, Options> {}

/** Parameters of each operation, as {@link parseRequest} returns them. */
export interface RequestParams {
  chat: Omit<ChatParams, 'stream'> & { stream?: boolean | undefined }
  embedding: EmbeddingParams
  rerank: RerankParams
  responses: Omit<ResponsesParams, 'stream'> & { stream?: boolean | undefined }
  textCompletion: TextCompletionParams
  decide: DecideParams
  compactResponse: CompactResponseParams
  moderation: ModerationParams
  speech: SpeechParams
  transcription: TranscriptionParams
  imageGeneration: ImageGenerationParams
  imageEdit: ImageEditParams
  messages: MessagesParams
  generateContent: GenerateContentParams
}

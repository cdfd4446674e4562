/**
 * The operation table. Clients, Routers, `parseRequest()` and servers walk it: an operation is its entry here and its file in this
 * folder. docs/architecture.md lists the files of a new one. An operation whose code loads with the first call has its request here, and an entry
 * in specs.ts.
 */
import type { RequestSpec } from '../call/operation.js'
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
import type { CompletionMethod } from './chat.js'
import { type CompactResponseMethod, compactResponse } from './compact-response.js'
import type { DecideMethod } from './decide.js'
import type { EmbeddingMethod } from './embedding.js'
import type { GenerateContentMethod } from './generate-content.js'
import { type ImageEditMethod, type ImageGenerationMethod, imageEdit, imageGeneration } from './images.js'
import type { MessagesMethod } from './messages.js'
import { type ModerationMethod, moderation } from './moderation.js'
import {
  chatRequest,
  decideRequest,
  embeddingRequest,
  generateContentRequest,
  messagesRequest,
  rerankRequest,
  responsesRequest,
  textCompletionRequest,
} from './requests.js'
import type { RerankMethod } from './rerank.js'
import type { ResponsesMethod } from './responses.js'
import { type SpeechMethod, speech } from './speech.js'
import type { TextCompletionMethod } from './text-completion.js'
import { type TranscriptionMethod, transcription } from './transcription.js'

/** The request of every operation of llmux, by its name. */
export const requests: Readonly<Record<CallOperation, RequestSpec>> = Object.freeze({
  chat: chatRequest,
  embedding: embeddingRequest,
  rerank: rerankRequest,
  responses: responsesRequest,
  textCompletion: textCompletionRequest,
  decide: decideRequest,
  compactResponse,
  moderation,
  speech,
  transcription,
  imageGeneration,
  imageEdit,
  messages: messagesRequest,
  generateContent: generateContentRequest,
})

export const requestList: readonly RequestSpec[] = Object.freeze(Object.values(requests))

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

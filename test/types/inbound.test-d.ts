/** Checked by `npm run types`: answers and events of the inbound wires are those of the vendors' packages, and so are the requests. */
import type Anthropic from '@anthropic-ai/sdk'
import type { GenerateContentParameters, GenerateContentResponse } from '@google/genai'
import type { MessagesAnswer, MessagesEvent, MessagesRequest } from '../../providers/inbound/anthropic/index.js'
import type { GenerateContentAnswer } from '../../providers/inbound/gemini/index.js'

export const message = (answer: MessagesAnswer): Anthropic.Message => answer

export const event = (event: Exclude<MessagesEvent, { type: 'ping' }>): Anthropic.RawMessageStreamEvent => event

export const request = (params: Anthropic.MessageCreateParams): MessagesRequest => ({ ...params })

/** The SDK's class has getters beside the fields, and enums of the same words. */
type Wire<Value> = Value extends string
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : Value extends object
      ? { readonly [Name in keyof Value]: Wire<Value[Name]> }
      : Value
type Fields = Pick<
  GenerateContentResponse,
  'candidates' | 'promptFeedback' | 'usageMetadata' | 'modelVersion' | 'responseId'
>

export const answer = (answer: GenerateContentAnswer): Wire<Fields> => answer

export const contents = ({ model, contents }: GenerateContentParameters) => ({ model, contents })

/** Checked by `npm run types`: our types of the Responses API beside those of the `openai` package. Nothing here runs. */
import type OpenAI from 'openai'
import { expectTypeOf } from 'vitest'
import {
  type ModerationParams,
  type ModerationResponse,
  moderation,
  type ResponsesEvent,
  type ResponsesFunctionCall,
  type ResponsesMessage,
  type ResponsesOutputItem,
  type ResponsesParams,
  type ResponsesReasoningItem,
  type ResponsesResponse,
  type ResponsesStream,
  responses,
} from '../../src/index.js'

export async function streamDecidesTheResult(flag: boolean) {
  expectTypeOf(await responses({ model: 'gpt-5', input: 'hi' })).toEqualTypeOf<ResponsesResponse>()
  expectTypeOf(await responses({ model: 'gpt-5', input: 'hi', stream: true })).toEqualTypeOf<ResponsesStream>()
  expectTypeOf(await responses({ model: 'gpt-5', input: 'hi', stream: flag })).toEqualTypeOf<
    ResponsesResponse | ResponsesStream
  >()
  expectTypeOf(await moderation({ input: 'hi' })).toEqualTypeOf<ModerationResponse>()
}

export async function eventsNarrow() {
  for await (const event of await responses({ model: 'gpt-5', input: 'hi', stream: true })) {
    if (event.type === 'response.output_text.delta') expectTypeOf(event.delta).toEqualTypeOf<string>()
    if (event.type === 'response.completed') expectTypeOf(event.response.id).toEqualTypeOf<string>()
  }
}

/** A request typed with the `openai` package is taken as it is. */
export function theirRequestsAreOurs(
  request: Omit<OpenAI.Responses.ResponseCreateParams, 'model'>,
  moderated: Omit<OpenAI.ModerationCreateParams, 'model'>,
) {
  expectTypeOf({ ...request, model: 'm' }).toExtend<ResponsesParams>()
  expectTypeOf(moderated).toExtend<Omit<ModerationParams, 'model'>>()
}

/** What their API gives is what we say that it gives. */
export function theirAnswersAreOurs() {
  expectTypeOf<OpenAI.Responses.ResponseOutputItem>().toExtend<ResponsesOutputItem>()
  expectTypeOf<OpenAI.Responses.ResponseStreamEvent['type']>().toExtend<ResponsesEvent['type'] | 'error'>()
  expectTypeOf<Omit<OpenAI.Responses.Response, 'meta'>>().toExtend<Omit<ResponsesResponse, 'meta'>>()
}

/** And what we give can be handed to code that was written for theirs. */
export function ourItemsAreTheirs() {
  expectTypeOf<ResponsesReasoningItem>().toExtend<OpenAI.Responses.ResponseReasoningItem>()
  expectTypeOf<ResponsesFunctionCall>().toExtend<OpenAI.Responses.ResponseFunctionToolCall>()
  expectTypeOf<Pick<ResponsesMessage, 'id' | 'role' | 'status' | 'type' | 'phase'>>().toExtend<
    Omit<OpenAI.Responses.ResponseOutputMessage, 'content'>
  >()
  expectTypeOf<Pick<ResponsesResponse, 'output'>['output'][number]>().toExtend<
    NonNullable<ResponsesParams['input']> extends string | readonly (infer Item)[] ? Item : never
  >()
}

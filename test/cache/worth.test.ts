import { describe, expect, it } from 'vitest'
import { isCacheable } from '../../src/cache/entry.js'
import { type ChatCompletion, memoryCache } from '../../src/index.js'
import { simulated, user } from '../helpers/simulated.js'

type Choice = ChatCompletion['choices'][number]

const choice = (finish: string, more: Partial<Choice> = {}, message: object = { content: 'Hello' }): Choice => ({
  index: 0,
  finish_reason: finish as Choice['finish_reason'],
  logprobs: null,
  ...more,
  message: { role: 'assistant', content: null, refusal: null, ...message },
})

const answer = (...choices: Choice[]) => ({
  id: '',
  object: 'chat.completion' as const,
  created: 0,
  model: '',
  choices,
})

const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }

describe('a cacheable answer', () => {
  it.each([
    ['that ended', answer(choice('stop'))],
    ['at its limit', answer(choice('length'))],
    ['with a tool call', answer(choice('tool_calls', {}, { tool_calls: [call] }))],
    ['with a refusal', answer(choice('stop', {}, { refusal: 'No.' }))],
    ['with words of the provider for its end', answer(choice('stop', { native_finish_reason: 'end_turn' }))],
  ])('%s', (_, one) => expect(isCacheable(one)).toBe(true))
})

describe('an uncacheable answer', () => {
  it.each([
    ['that was filtered', answer(choice('content_filter'))],
    ['of which a part was filtered', answer(choice('stop'), choice('content_filter'))],
    ['that ended with an error', answer(choice('error'))],
    ['that ended with an error in other words', answer(choice('stop', { native_finish_reason: 'error' }))],
    ['whose call could not be read', answer(choice('stop', { native_finish_reason: 'MALFORMED_FUNCTION_CALL' }))],
    ['that is empty', answer(choice('stop', {}, { content: '' }))],
    ['without choices', answer()],
  ])('%s', (_, one) => expect(isCacheable(one)).toBe(false))
})

const { sim, client } = simulated()

it.each([false, true])('sends a filtered request again (stream: %s)', async (stream) => {
  const llm = client({ cache: memoryCache() })
  const request = { model: 'openai/gpt-4o', messages: user('Hello') }
  const ask = async () => (stream ? (await llm.completion({ ...request, stream })).final() : llm.completion(request))
  sim().reply({ text: 'Hel', finishReason: 'content_filter' })
  expect((await ask()).choices[0]?.finish_reason).toBe('content_filter')
  expect((await ask()).meta.cache.hit).toBe(false)
  expect(sim().requests).toHaveLength(2)
})

import { LLMError } from '../../../src/errors.js'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import { checkFailure } from '../check/error.js'
import { differenceOf } from '../equivalence/equivalence.js'
import { type ExpectedEmbedding, expectEmbedding } from '../expectation/embedding.js'
import { minimalEmbedding, recordedEmbedding } from '../request/request.js'
import type { Outcome } from '../wire/outcome.js'
import { type Recording, requestBody } from '../wire/recording.js'
import { describe, play, playChat, type Stage } from './chat.js'

/** A recorded error: of whatever operation it was, the dialect must know what it means. */
export async function replayError(stage: Stage, recording: Recording): Promise<Outcome[]> {
  const { id, provider } = recording
  const asked = recording.for_operation ?? 'chat'
  if (asked === 'embedding') {
    const params = recordedEmbedding(recording) ?? minimalEmbedding(recording, 1)
    const { error, sent } = await play(stage, recording, (options) => stage.client.embedding({ ...params, ...options }))
    return [
      { id, provider, group: 'errors', wrong: checkFailure(recording, error, undefined) },
      requestOutcome(recording, sent[0]?.body),
    ]
  }
  const { played, request } = await playChat(stage, recording, async (params, options) => {
    const stream = asked.endsWith('-stream')
    const answer = await stage.client.completion({ ...params, ...options, stream })
    return 'final' in answer ? answer.final() : answer
  })
  return [
    { id, provider, group: 'errors', wrong: checkFailure(recording, played.error, undefined) },
    ...(request ? [request] : []),
  ]
}

export async function replayEmbedding(stage: Stage, recording: Recording): Promise<Outcome[]> {
  const { id, provider, response } = recording
  const expected = expectEmbedding(response.body, provider === 'perplexity')
  const group = 'embeddings'
  if (!expected) {
    // a vector for each token, of a model that has none for a text
    const { error } = await play(stage, recording, (options) =>
      stage.client.embedding({ ...minimalEmbedding(recording, 1), ...options }),
    )
    const refused = provider === 'huggingface' && LLMError.is(error) && error.name === 'InvalidResponseError'
    return [{ id, provider, group, wrong: refused ? [] : [`the recording has no vectors: ${describe(error)}`] }]
  }
  const recorded = recordedEmbedding(recording)
  const params = recorded ?? minimalEmbedding(recording, expected.vectors.length)
  const wrong: string[] = []
  let body: unknown
  for (const vectorType of ['array', 'float32'] as const) {
    const { result, error, sent, misplaced } = await play(stage, recording, (options) =>
      stage.client.embedding({ ...(params as EmbeddingParams), ...options, vectorType }),
    )
    body = sent[0]?.body
    // without its request, the address is the recorder's guess too
    if (misplaced && recorded) wrong.push(misplaced)
    if (!result) wrong.push(`${vectorType}: threw ${describe(error)}`)
    else wrong.push(...checkVectors(result, expected, vectorType).map((line) => `${vectorType}: ${line}`))
  }
  const outcome: Outcome = { id, provider, group: 'embeddings', wrong }
  return recorded ? [outcome, requestOutcome(recording, body)] : [outcome]
}

function requestOutcome(recording: Recording, sent: unknown): Outcome {
  const { id, provider } = recording
  const recorded = requestBody(recording)
  const difference = recorded && differenceOf(recording, sent, recorded)
  return { id, provider, group: 'requests', wrong: difference ? [difference] : [] }
}

interface Embedded {
  model: string
  data: { index: number; embedding: number[] | Float32Array }[]
  usage?: { prompt_tokens: number; total_tokens: number; cost?: number }
}

/** No number is no number; a nought has no sign that matters. */
const same = (one: unknown, other: unknown): boolean => one === other || Object.is(one, other)

export function checkVectors(answer: Embedded, expected: ExpectedEmbedding, vectorType: 'array' | 'float32'): string[] {
  const wrong: string[] = []
  const want = (what: string, got: unknown, recorded: unknown) => {
    if (!same(got, recorded)) wrong.push(`${what}: got ${got}, recorded ${recorded}`)
  }
  if (expected.model !== undefined) want('model', answer.model, expected.model)
  else if (!answer.model) wrong.push('model: empty')
  want('vectors', answer.data.length, expected.vectors.length)
  // a count of 0 is no count: no input has 0 tokens
  const { promptTokens, totalTokens } = expected
  const counted = promptTokens || totalTokens
  want('prompt_tokens', answer.usage?.prompt_tokens || undefined, counted ? promptTokens : undefined)
  want('total_tokens', answer.usage?.total_tokens || undefined, counted ? totalTokens : undefined)
  if (expected.cost !== undefined) want('cost', answer.usage?.cost, expected.cost)
  for (const [at, vector] of expected.vectors.entries()) {
    const found = answer.data[at]
    want(`data[${at}] index`, found?.index, at)
    want(`data[${at}] kind`, found?.embedding instanceof Float32Array ? 'float32' : 'array', vectorType)
    const numbers = Array.from(found?.embedding ?? [])
    const wanted = vectorType === 'float32' ? Array.from(Float32Array.from(vector)) : vector
    want(`data[${at}] length`, numbers.length, wanted.length)
    const differs = numbers.findIndex((value, place) => !same(value, wanted[place]))
    if (differs >= 0) want(`data[${at}][${differs}]`, numbers[differs], wanted[differs])
  }
  return wrong
}

import type { RerankParams, RerankResponse } from '../../../src/types/rerank.js'
import { differenceOf } from '../equivalence/equivalence.js'
import { modelOf } from '../request/request.js'
import { count, type Fields, filled, object, objects, show } from '../wire/json.js'
import type { Outcome } from '../wire/outcome.js'
import { type Recording, requestBody } from '../wire/recording.js'
import { describe, play, type Stage } from './chat.js'

/** A recorded rerank call: of Cohere's shape (`results`), or Voyage's (`data`). */
export async function replayRerank(stage: Stage, recording: Recording): Promise<Outcome[]> {
  const { id, provider, response } = recording
  const recorded = requestBody(recording)
  const params = recorded && recordedRerank(recording, recorded)
  const { result, error, sent, misplaced } = await play(stage, recording, (options) =>
    stage.client.rerank({ ...(params ?? minimalRerank(recording)), ...options }),
  )
  const wrong = result ? checkRerank(result, object(response.body)) : [`threw ${describe(error)}`]
  const outcome: Outcome = { id, provider, group: 'rerank', wrong }
  if (!recorded) return [outcome]
  const differences = [differenceOf(recording, sent[0]?.body, recorded), misplaced].filter((line) => line !== undefined)
  return [outcome, { id, provider, group: 'requests', wrong: differences }]
}

/** Voyage's `top_k` is everyone else's `top_n`. */
function recordedRerank(recording: Recording, { model: _, top_k, ...rest }: Fields): RerankParams {
  return { ...rest, ...(top_k != null && { top_n: top_k }), model: modelOf(recording).full } as unknown as RerankParams
}

const minimalRerank = (recording: Recording): RerankParams => ({
  model: modelOf(recording).full,
  query: 'which',
  documents: resultsOf(object(recording.response.body)).map((_, at) => `text ${at}`),
})

const resultsOf = ({ results, data }: Fields): Fields[] => objects(Array.isArray(results) ? results : data)

export function checkRerank({ id, model, results, usage = {} }: RerankResponse, body: Fields): string[] {
  const wrong: string[] = []
  const want = (what: string, got: unknown, wanted: unknown) => {
    if (JSON.stringify(got) !== JSON.stringify(wanted))
      wrong.push(`${what}: got ${show(got)}, recorded ${show(wanted)}`)
  }
  const recorded = resultsOf(body)
    .map(({ index, relevance_score }) => ({ index, relevance_score }))
    .sort((one, other) => Number(other.relevance_score) - Number(one.relevance_score))
  want(
    'results',
    results.map(({ index, relevance_score }) => ({ index, relevance_score })),
    recorded,
  )
  if (filled(body.id)) want('id', id, body.id)
  else if (!id) wrong.push('id: empty')
  if (filled(body.model)) want('model', model, body.model)
  else if (!model) wrong.push('model: empty')
  const { billed_units, tokens } = object(body.meta)
  const said = object(body.usage)
  want('search_units', usage.search_units, count(object(billed_units).search_units))
  const prompt = count(said.prompt_tokens) ?? count(object(tokens).input_tokens)
  want('prompt_tokens', usage.prompt_tokens, prompt)
  want('total_tokens', usage.total_tokens, count(said.total_tokens) ?? prompt)
  return wrong
}

import { filled, firstDifference } from '../wire/json.js'
import type { Outcome } from '../wire/outcome.js'
import { type Recording, requestBody } from '../wire/recording.js'
import { describe, play, type Stage } from './chat.js'

/** Moderation: request and answer are the API's own. */
export async function replayModeration(stage: Stage, recording: Recording): Promise<Outcome[]> {
  const { id, provider, response } = recording
  const body = requestBody(recording) ?? {}
  const model = filled(body.model) ?? filled(recording.model) ?? 'omni-moderation-latest'
  const { result, error, sent } = await play(stage, recording, (options) =>
    stage.client.moderation({ ...body, input: body.input as string, model: `openai/${model}`, ...options }),
  )
  const wrong = result ? [firstDifference(result, response.body)] : [`threw ${describe(error)}`]
  const request = firstDifference(sent[0]?.body, { ...body, model })
  return [
    { id, provider, group: 'answers', wrong: wrong.filter((line) => line !== undefined) },
    { id, provider, group: 'requests', wrong: request ? [request] : [] },
  ]
}

import { expect } from 'vitest'
import { type Behaviour, expectUsage, failureOf } from './behaviour.js'
import type { Scene } from './scene.js'

/** Operations that every chat model has: by an API of the host, or over chat. */
export const derived: readonly Behaviour[] = [
  derive('text completion', async (scene) => {
    const answer = await complete(scene)
    expect(answer.object).toBe('text_completion')
    expect(answer.choices).toMatchObject([{ index: 0, text: 'You said: Once upon', finish_reason: 'stop' }])
    expect(answer.meta).toMatchObject({ operation: 'textCompletion', provider: scene.target.id, status: 200 })
    // hosts without usage are known to the suite by other behaviours
    if (answer.usage) expectUsage(answer.meta.usage as never)
  }),
  derive('text completion: stream', async ({ client, target }) => {
    const stream = await client.textCompletion({ model: target.models.chat, prompt: 'Once upon', stream: true })
    const texts: string[] = []
    for await (const { object, choices } of stream) {
      expect(object).toBe('text_completion')
      texts.push(choices[0]?.text ?? '')
    }
    expect(texts.join('')).toBe('You said: Once upon')
    expect(await stream.text()).toBe('You said: Once upon')
    if ((await stream.final()).usage) expectUsage(stream.meta.usage as never)
  }),
  derive('text completion: errors', async (scene) => {
    scene.mock.fail({ kind: 'status', status: 429 })
    expect((await failureOf(complete(scene))).code).toBe('rate_limit')
  }),
  derive('decisions', async ({ client, target, mock }) => {
    mock.reply({ text: '{"urgent":"true","topic":"other"}' })
    const { answers, emulated, meta } = await client.decide({ model: target.models.chat, state: 'Help!', questions })
    expect(emulated).toBe(true)
    expect(answers).toEqual({ urgent: { type: 'boolean', value: true }, topic: { type: 'choice', value: 'other' } })
    expect(meta).toMatchObject({ operation: 'decide', provider: target.id, status: 200 })
    expect(meta.warnings).toContainEqual(expect.objectContaining({ type: 'emulated', feature: 'decisions' }))
  }),
]

const questions = {
  urgent: { type: 'boolean', instructions: 'Is it urgent?' },
  topic: { type: 'choice', instructions: 'Topic?', criteria: ['invoice', 'other'] },
} as const

function derive(name: string, run: Behaviour['run']): Behaviour {
  return { name, operation: 'chat', run }
}

const complete = ({ client, target }: Scene) =>
  client.textCompletion({ model: target.models.chat, prompt: 'Once upon' })

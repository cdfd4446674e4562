import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BadRequestError, ContentPolicyViolationError, JSONSchemaValidationError } from '../../src/index.js'
import {
  fromTemplate,
  maskPII,
  moderate,
  promptTemplates,
  repairOutput,
  thinkTags,
} from '../../src/middleware/index.js'
import { rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const model = 'openai/gpt-4o'
const sent = (at = 0) => JSON.stringify(sim().requests[at]?.body)

async function textOf(stream: AsyncIterable<{ choices: { delta: { content?: string | null } }[] }>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  return text
}

describe('maskPII()', () => {
  it('masks requests and puts the data back into the answer', async () => {
    sim().reply(({ body }) => `Mail sent to ${/\[EMAIL_2\]/.exec(JSON.stringify(body))?.[0]} from [EMAIL_1].`)
    const answer = await client()
      .use(maskPII())
      .completion({ model, messages: user('Write from ann@example.org to bob@example.org, as ann@example.org.') })
    expect(sent()).toContain('Write from [EMAIL_1] to [EMAIL_2], as [EMAIL_1].')
    expect(sent()).not.toContain('example.org')
    expect(answer.choices[0]?.message.content).toBe('Mail sent to bob@example.org from ann@example.org.')
  })

  it('finds phone numbers, cards and IBANs, and leaves plain sentences as they are', async () => {
    const plain = 'The weather in Lisbon on 4 May, order 12345, is it warm?'
    const made = client().use(maskPII())
    await made.completion({
      model,
      messages: user(`${plain} 555-123-4567 4539 1488 0343 6467 +49 170 1234567 DE89370400440532013000`),
    })
    expect(sent()).toContain(plain)
    for (const secret of ['4567', '4539', '170', 'DE89']) expect(sent()).not.toContain(secret)
  })

  it.each([1, 2, 3, 5])(
    'puts the data back into a stream whose placeholders are cut after %i characters',
    async (size) => {
      const text = 'To [EMAIL_1] and [EMAIL_1], not [EMAIL_9] or [x'
      const pieces = text.match(new RegExp(`.{1,${size}}`, 'gs')) ?? []
      sim().reply({ text, chunks: pieces })
      const stream = await client()
        .use(maskPII())
        .completion({ model, messages: user('ann@example.org'), stream: true })
      expect(await textOf(stream)).toBe('To ann@example.org and ann@example.org, not [EMAIL_9] or [x')
      expect((await stream.final()).choices[0]?.message.content).toContain('To ann@example.org and')
    },
  )

  it('puts the data back into the arguments of tool calls as valid JSON', async () => {
    const detector = {
      detect: async (text: string) => ({
        detections: text.includes('say "x"') ? [{ type: 'quote', value: 'say "x"' }] : [],
      }),
    }
    const tools = [
      {
        type: 'function' as const,
        function: { name: 'note', parameters: { type: 'object', properties: { text: { type: 'string' } } } },
      },
    ]
    const made = client().use(maskPII({ detector }))
    for (const stream of [false, true] as const) {
      sim().reply({ toolCalls: [{ name: 'note', arguments: { text: '[QUOTE_1]' } }] })
      const result = await made.completion({ model, messages: user('say "x"'), tools, stream })
      const answer = 'final' in result ? await result.final() : result
      const [call] = answer.choices[0]?.message.tool_calls ?? []
      expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({ text: 'say "x"' })
    }
  })

  it('keeps the placeholders of a growing conversation and avoids those that the text has', async () => {
    const made = client().use(maskPII())
    const first = [{ role: 'user' as const, content: 'I am a@example.org, see [EMAIL_2]' }]
    await made.completion({ model, messages: first })
    await made.completion({ model, messages: [...first, ...user('and b@example.org')] })
    expect(sent(0)).toContain('I am [EMAIL_1], see [EMAIL_2]')
    expect(sent(1)).toContain('I am [EMAIL_1], see [EMAIL_2]')
    expect(sent(1)).toContain('and [EMAIL_3]')
  })

  it.each(['messages', 'responses', 'generateContent'] as const)(
    'masks and restores %s, streamed or not',
    async (api) => {
      const made = client().use(maskPII())
      const text = 'I am ann@example.org'
      for (const stream of [false, true]) {
        sim().reset()
        const request = {
          messages: { model, max_tokens: 50, messages: user(text), stream },
          responses: { model, input: text, stream },
          generateContent: { model, contents: [{ role: 'user', parts: [{ text }] }], stream },
        }[api]
        const result = (await made[api](request as never)) as object
        let all = ''
        let deltas = ''
        if (stream) {
          for await (const event of result as AsyncIterable<Record<string, never>>) {
            all += JSON.stringify(event)
            const { delta } = event as { delta?: string | { text?: string } }
            deltas += typeof delta === 'string' ? delta : (delta?.text ?? '')
          }
        } else all = JSON.stringify(result)
        expect(sent()).toContain('I am [EMAIL_1]')
        expect(all).not.toContain('[EMAIL_1]')
        if (stream && api !== 'generateContent') expect(deltas).toContain('You said: I am ann@example.org')
        else expect(all).toContain('ann@example.org')
      }
    },
  )

  it('passes the sequence numbers of the Responses API on without a gap or a repetition', async () => {
    const events: number[] = []
    const stream = await client().use(maskPII()).responses({ model, input: 'ann@example.org [', stream: true })
    for await (const event of stream) events.push((event as { sequence_number: number }).sequence_number)
    expect(events).toEqual(events.map((_, at) => (events[0] ?? 0) + at))
  })
})

describe('moderate()', () => {
  const flagged = {
    moderation: async ({ input }: { input: string }) => ({
      id: '',
      model: '',
      meta: {} as never,
      results: [{ flagged: input.includes('bad'), categories: { violence: true, hate: false }, category_scores: {} }],
    }),
  }

  it('refuses a harmful request before it is sent', async () => {
    const error = (await rejection(
      client()
        .use(moderate({ client: flagged }))
        .completion({ model, messages: user('bad') }),
    )) as Error
    expect(error).toBeInstanceOf(ContentPolicyViolationError)
    expect(error.message).toBe('The request must pass moderation; it was refused for violence. Change the messages.')
    expect(sim().requests).toHaveLength(0)
  })

  it('checks the new messages only', async () => {
    const messages = [...user('bad'), { role: 'assistant' as const, content: 'no' }, ...user('fine')]
    await client()
      .use(moderate({ client: flagged, after: false }))
      .completion({ model, messages })
    expect(sim().requests).toHaveLength(1)
  })

  it('refuses a harmful answer', async () => {
    sim().reply('something bad')
    await expect(
      client()
        .use(moderate({ client: flagged }))
        .completion({ model, messages: user('hi') }),
    ).rejects.toThrow(/^The answer must pass/)
  })

  it('shows nothing of a harmful stream, and all of another', async () => {
    const made = client().use(moderate({ client: flagged }))
    sim().reply('it begins well and ends bad')
    const seen: unknown[] = []
    const error = await rejection(
      (async () => {
        for await (const chunk of await made.completion({ model, messages: user('hi'), stream: true })) seen.push(chunk)
      })(),
    )
    expect(error).toBeInstanceOf(ContentPolicyViolationError)
    expect(seen).toEqual([])
    sim().reply('all is well')
    expect(await textOf(await made.completion({ model, messages: user('hi'), stream: true }))).toBe('all is well')
  })

  it('calls the moderation model of the client that it is added to', async () => {
    const own = client()
    own.use(moderate({ client: own }))
    await own.completion({ model, messages: user('hello') })
    expect(sim().requests.map(({ path }) => path)).toEqual([
      '/v1/moderations',
      '/v1/chat/completions',
      '/v1/moderations',
    ])
  })
})

describe('promptTemplates()', () => {
  const templates = promptTemplates({
    translate: {
      messages: [{ role: 'system', content: 'Translate to {{ language }}.' }],
      defaults: { temperature: 0, model: 'openai/gpt-4o-mini' },
    },
  })

  it('puts the messages of a template in front of those of the request', async () => {
    await client()
      .use(templates)
      .completion({ ...fromTemplate('translate', { language: 'French {{x}}' }, user('hi')), model })
    expect(sim().requests[0]?.body).toMatchObject({
      model: 'gpt-4o',
      temperature: 0,
      messages: [{ content: 'Translate to French {{x}}.' }, { content: 'hi' }],
    })
    expect(sent()).not.toContain('prompt_')
  })

  it('names an unknown template and a missing variable', async () => {
    const made = client().use(templates)
    const call = (name: string) => rejection(made.completion({ model, ...fromTemplate(name) }))
    expect(((await call('translat')) as Error).message).toBe(
      "Unknown template 'translat' in 'prompt_id'. Did you mean 'translate'?",
    )
    expect(((await call('translate')) as Error).message).toBe(
      "'prompt_variables.language' of the template 'translate' must be a string or a number; got undefined.",
    )
  })
})

describe('thinkTags()', () => {
  const raw = '<think>\nTwo and two\n</think>\n\nIt is < 5: 4.'

  it('parts the reasoning of an answer', async () => {
    sim().reply(raw)
    const { choices } = await client()
      .use(thinkTags())
      .completion({ model, messages: user('hi') })
    expect(choices[0]?.message).toMatchObject({ content: 'It is < 5: 4.', reasoning_content: 'Two and two' })
  })

  it.each([1, 2, 4, 7])('parts the reasoning of a stream in pieces of %i characters', async (size) => {
    sim().reply({ text: raw, chunks: raw.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [] })
    const stream = await client()
      .use(thinkTags())
      .completion({ model, messages: user('hi'), stream: true })
    const seen: string[] = []
    for await (const { choices } of stream) {
      if (choices[0]?.delta.reasoning_content) seen.push('reasoning')
      if (choices[0]?.delta.content) seen.push('content')
    }
    expect(seen.lastIndexOf('reasoning')).toBeLessThan(seen.indexOf('content'))
    const { message } = (await stream.final()).choices[0] ?? {}
    expect(message?.content).toBe('It is < 5: 4.')
    expect(message?.reasoning_content?.trim()).toBe('Two and two')
  })

  it('leaves answers without the tag, and tags further in, as they are', async () => {
    const made = client().use(thinkTags())
    for (const text of ['Plain.', 'The tag <think>x</think> is used by R1.', '<thin', '']) {
      sim().reply({ text })
      const stream = await made.completion({ model, messages: user('hi'), stream: true })
      expect((await stream.final()).choices[0]?.message.content ?? '').toBe(text)
    }
  })

  it('parts an answer whose tag the prompt has opened', async () => {
    sim().reply('Two and two</think>4')
    const { choices } = await client()
      .use(thinkTags({ opened: true }))
      .completion({ model, messages: user('hi') })
    expect(choices[0]?.message).toMatchObject({ content: '4', reasoning_content: 'Two and two' })
  })
})

describe('thinkTags() of an opened tag', () => {
  it.each([1, 3, 9, 40])('drops a tag that is opened once more, in pieces of %i characters', async (size) => {
    const text = '\n<think>One < two, not <think>.</think>4'
    sim().reply({ text, chunks: text.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [] })
    const made = client().use(thinkTags({ opened: true }))
    const stream = await made.completion({ model, messages: user('hi'), stream: true })
    const { message } = (await stream.final()).choices[0] ?? {}
    expect(message).toMatchObject({ content: '4', reasoning_content: 'One < two, not <think>.' })
  })

  it('leaves a text that was cut at its beginning as reasoning', async () => {
    sim().reply({ text: '<thi' })
    const made = client().use(thinkTags({ opened: true }))
    const stream = await made.completion({ model, messages: user('hi'), stream: true })
    expect((await stream.final()).choices[0]?.message.reasoning_content).toBe('<thi')
  })
})

describe('repairOutput()', () => {
  const schema = z.object({ city: z.string() })

  it('asks once more with the answer and the issues, and adds the usage up', async () => {
    sim().reply({ text: '{"town":"Oslo"}', usage: { promptTokens: 10, completionTokens: 5 } })
    sim().reply({ text: '{"city":"Oslo"}', usage: { promptTokens: 20, completionTokens: 5 } })
    const answer = await client()
      .use(repairOutput())
      .completion({ model, messages: user('where?'), response_format: schema })
    expect(answer.choices[0]?.message.parsed).toEqual({ city: 'Oslo' })
    expect(answer.meta.usage).toMatchObject({ prompt_tokens: 30, completion_tokens: 10 })
    const single = await client().completion({ model, messages: user('x') })
    expect(answer.meta.cost.total).toBeGreaterThan(single.meta.cost.total ?? 1)
    expect(sent(1)).toContain('{\\"town\\":\\"Oslo\\"}')
    expect(sent(1)).toContain('- city: ')
  })

  it('fails with the last error if the repair does not fit either', async () => {
    sim().reply('no', { times: 2 })
    const error = await rejection(
      client()
        .use(repairOutput())
        .completion({ model, messages: user('where?'), response_format: schema }),
    )
    expect(error).toBeInstanceOf(JSONSchemaValidationError)
    expect(sim().requests).toHaveLength(2)
  })

  it('leaves other errors as they are', async () => {
    sim().fail({ kind: 'status', status: 400 })
    const error = await rejection(
      client()
        .use(repairOutput())
        .completion({ model, messages: user('hi'), response_format: schema }),
    )
    expect(error).toBeInstanceOf(BadRequestError)
    expect(sim().requests).toHaveLength(1)
  })
})

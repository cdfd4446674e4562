import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient, Router, type Usage } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

const mock = mockProvider()
const providers = Object.fromEntries(
  ['openai', 'gemini', 'openrouter', 'anthropic', 'groq', 'cohere'].map((id) => [id, { apiKey: 'k' }]),
)
const client = createClient({ dispatcher: mock.dispatcher, providers, maxRetries: 0 })
afterEach(() => mock.reset())

const state = 'My invoice of May is wrong, and this is urgent. The tone is angry.'
const questions = {
  urgent: { type: 'boolean', instructions: 'Is this urgent?', criteria: { true: 'today', false: 'later' } },
  refund: { type: 'boolean', instructions: 'Does the customer mention a discount?' },
  topic: { type: 'choice', instructions: 'Topic?', criteria: { sales: 'Buying', invoice: 'Billing', other: null } },
  team: { type: 'choice', instructions: 'Team?', criteria: ['red', 'blue'] },
  tone: { type: 'score', instructions: 'Tone?', criteria: ['friendly', 'neutral', 'angry'] },
} as const

const decided = {
  urgent: { type: 'boolean', value: true, probability: 0.9, confidence: 0.9 },
  refund: { type: 'boolean', value: false, probability: 0.1 },
  topic: {
    type: 'choice',
    value: 'invoice',
    confidence: 0.9,
    probabilities: { sales: 0.05, invoice: 0.9, other: 0.05 },
  },
  team: { type: 'choice', value: 'red' },
  tone: { type: 'score', value: 1.85, confidence: 0.9, probabilities: [0.05, 0.05, 0.9] },
}

describe('decide() at hosts with decisions', () => {
  it('asks OpenAI with a list of questions, and answers by name', async () => {
    const answer = await client.decide({ model: 'openai/gpt-6-luna', state, questions, prompt_cache_key: 'mail' })
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/decisions',
      body: {
        model: 'gpt-6-luna',
        input: state,
        prompt_cache_key: 'mail',
        questions: [
          { name: 'urgent', type: 'predicate', instructions: 'Is this urgent?\ntrue: today\nfalse: later' },
          { name: 'refund', type: 'predicate', instructions: questions.refund.instructions },
          {
            name: 'topic',
            type: 'choice',
            choices: [
              { value: 'sales', description: 'Buying' },
              { value: 'invoice', description: 'Billing' },
              { value: 'other' },
            ],
          },
          { name: 'team', type: 'choice', choices: [{ value: 'red' }, { value: 'blue' }] },
          { name: 'tone', type: 'score', levels: [{ label: 'friendly' }, { label: 'neutral' }, { label: 'angry' }] },
        ],
      },
    })
    expect(answer).toMatchObject({ emulated: false, answers: decided })
    expect(answer.meta).toMatchObject({ operation: 'decide', provider: 'openai', warnings: [] })
  })

  it('bills the input only, as OpenAI does', async () => {
    const { meta } = await client.decide({ model: 'openai/gpt-6-luna', state, questions })
    const { prompt_tokens: prompt, completion_tokens: completion } = meta.usage as Usage
    expect(completion).toBeGreaterThan(0)
    expect(meta.cost.total).toBeCloseTo((prompt * 0.1) / 1e6, 12)
  })

  it('asks Google with questions by name', async () => {
    const answer = await client.decide({ model: 'gemini/gemini-decision-1', state: { mail: state }, questions })
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1beta/decisions',
      body: {
        model: 'models/gemini-decision-1',
        input: JSON.stringify({ mail: state }),
        questions: {
          urgent: { type: 'noul', criteria: { true_description: 'today', false_description: 'later' } },
          topic: { type: 'choice', criteria: { sales: 'Buying', invoice: 'Billing', other: 'other' } },
          tone: { type: 'score', criteria: ['friendly', 'neutral', 'angry'] },
        },
      },
    })
    expect(answer).toMatchObject({ emulated: false, answers: decided, model: 'gemini-decision-1' })
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(0)
    // its price is not in the table
    expect(answer.meta.cost).toMatchObject({ total: undefined })
  })

  it('asks OpenRouter at the address of its decisions, and takes its cost', async () => {
    const answer = await client.decide({
      model: 'openrouter/google/gemini-decision-1',
      state: { mail: state },
      questions,
    })
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/api/alpha/decisions',
      body: { model: 'google/gemini-decision-1', state: { mail: state }, questions: { urgent: { type: 'noul' } } },
    })
    expect(mock.requests.at(-1)?.headers).toMatchObject({ authorization: 'Bearer k' })
    expect(answer).toMatchObject({ emulated: false, answers: decided })
    expect(answer.meta.cost).toMatchObject({ source: 'provider', total: answer.usage?.cost })
  })

  it('sends images and conversations in the form of the host', async () => {
    const parts = [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ] as const
    const short = { urgent: questions.urgent }
    await client.decide({ model: 'openai/gpt-6-luna', state: parts, questions: short })
    expect(mock.requests.at(-1)?.body).toMatchObject({
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Look' }, { type: 'input_image' }] }],
    })
    await client.decide({ model: 'gemini/gemini-decision-1', state: parts, questions: short })
    expect(mock.requests.at(-1)?.body).toMatchObject({
      input: [{ type: 'text' }, { type: 'image', mime_type: 'image/png', data: 'AAAA' }],
    })
    const turns = [{ role: 'user', content: 'Hi' }]
    await client.decide({ model: 'openai/gpt-6-luna', state: turns, questions: short })
    expect(mock.requests.at(-1)?.body).toMatchObject({ input: turns })
    await client.decide({ model: 'openai/gpt-6-luna', state: { a: 1 }, questions: short })
    expect(mock.requests.at(-1)?.body).toMatchObject({ input: [{ content: [{ type: 'input_json', data: { a: 1 } }] }] })
  })

  it('reports a refusal for one question', async () => {
    const both = { secret: { type: 'boolean', instructions: 'Is there a secret?' }, urgent: questions.urgent } as const
    const { answers } = await client.decide({ model: 'openai/gpt-6-luna', state, questions: both })
    expect(answers).toEqual({ secret: { type: 'refusal' }, urgent: decided.urgent })
    expect(answers.secret.value).toBeUndefined()
  })

  it('fails without a decision for each question, and if Google blocks the state', async () => {
    const short = { urgent: questions.urgent }
    mock.reply({ raw: { body: { model: 'm', answers: [], usage: {} } } })
    expect(await rejection(client.decide({ model: 'openai/gpt-6-luna', state, questions: short }))).toMatchObject({
      code: 'invalid_response',
      message: expect.stringContaining("'urgent'"),
    })
    mock.reply({ raw: { body: { prompt_feedback: { block_reason: 'SAFETY' } } } })
    expect(
      await rejection(client.decide({ model: 'gemini/gemini-decision-1', state, questions: short })),
    ).toMatchObject({
      code: 'content_policy_violation',
    })
    mock.fail({ kind: 'status', status: 429 })
    expect(await rejection(client.decide({ model: 'openai/gpt-6-luna', state, questions: short }))).toMatchObject({
      code: 'rate_limit',
    })
  })
})

describe('decide() over chat', () => {
  const model = 'anthropic/claude-sonnet-4-5'
  const say = (answers: object) => mock.reply({ text: JSON.stringify(answers) })

  it('forces a structured answer, and marks it', async () => {
    say({ urgent: 'true', refund: 'false', topic: 'invoice', team: '(declined)', tone: '2' })
    const answer = await client.decide({ model: 'openai/gpt-4o', state, questions })
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/chat/completions',
      body: { response_format: { type: 'json_schema', json_schema: { strict: true } } },
    })
    expect(mock.requests.at(-1)?.body).toMatchObject({
      response_format: {
        json_schema: {
          schema: {
            properties: {
              urgent: { enum: ['true', 'false', '(declined)'] },
              tone: { enum: ['0', '1', '2', '(declined)'] },
            },
            required: Object.keys(questions),
          },
        },
      },
    })
    expect(JSON.stringify(mock.requests.at(-1)?.body)).toContain('- invoice: Billing')
    expect(answer.answers).toEqual({
      urgent: { type: 'boolean', value: true },
      refund: { type: 'boolean', value: false },
      topic: { type: 'choice', value: 'invoice' },
      team: { type: 'refusal' },
      tone: { type: 'score', value: 2 },
    })
    expect(answer.emulated).toBe(true)
    expect(answer.meta).toMatchObject({ operation: 'decide', warnings: [{ type: 'emulated', feature: 'decisions' }] })
    expect(answer.meta.cost.total).toBeGreaterThan(0)
  })

  it('works with a model without JSON Schema, and with names that are no identifiers', async () => {
    mock.reply({ text: 'Sure: {"question_1": true, "b": 1}' })
    const odd = {
      'is it “urgent”?': questions.urgent,
      b: { type: 'score', instructions: 'Tone', criteria: ['low', 'high'] },
    } as const
    const { answers } = await client.decide({ model: 'groq/llama-3.1-8b-instant', state, questions: odd })
    expect(answers).toEqual({ 'is it “urgent”?': { type: 'boolean', value: true }, b: { type: 'score', value: 1 } })
  })

  it('reads JSON with mistakes, other capitals and numbered names that are taken, but no answer that was cut', async () => {
    const score = { type: 'score', instructions: 'Tone', criteria: [...'abcdefghijkl'] } as const
    const odd = { question_2: questions.urgent, 'is it new?': questions.refund, tone: score } as const
    const request = { model: 'groq/llama-3.1-8b-instant', state, questions: odd }
    const text = "```json\n{'question_2': True, question_2_: ' FALSE', 'tone': 10,}\n```"
    mock.reply({ text })
    expect((await client.decide(request)).answers).toEqual({
      question_2: { type: 'boolean', value: true },
      'is it new?': { type: 'boolean', value: false },
      tone: { type: 'score', value: 10 },
    })
    mock.reply({ text: '{"question_2": "true", "question_2_": "false", "tone": 1', finishReason: 'length' })
    expect(await rejection(client.decide(request))).toMatchObject({ code: 'json_schema_validation' })
  })

  it('turns a refusal of the model into refusals of the questions', async () => {
    mock.reply({ text: 'I can not help', finishReason: 'content_filter' })
    const { answers } = await client.decide({ model: 'openai/gpt-4o', state, questions })
    expect(Object.values(answers).every(({ type }) => type === 'refusal')).toBe(true)
  })

  it('fails with the answer and its cost if a decision is not one of the options', async () => {
    mock.reply({ text: '{"urgent":"maybe"}' })
    const short = { urgent: questions.urgent }
    const error = await rejection(client.decide({ model: 'openai/gpt-4o', state, questions: short }))
    expect(error).toMatchObject({
      code: 'json_schema_validation',
      issues: [{ path: 'urgent' }],
      completion: { choices: [{ message: { content: '{"urgent":"maybe"}' } }] },
    })
  })

  it('rejects a wrong request before it is sent', async () => {
    const instructions = 'x'
    const wrong: readonly (readonly [object, string])[] = [
      [{ state: '', questions }, 'state'],
      [{ state, questions: {} }, 'questions'],
      [{ state, questions: { a: { type: 'noul', instructions } } }, 'questions.a'],
      [{ state, questions: { a: { type: 'boolean' } } }, 'questions.a'],
      [{ state, questions: { a: { type: 'choice', instructions, criteria: ['one'] } } }, 'questions.a'],
      [{ state, questions: { a: { type: 'choice', instructions, criteria: ['one', 'one'] } } }, 'questions.a'],
      [{ state, questions: { a: { type: 'score', instructions, criteria: { low: 'x', high: 'y' } } } }, 'questions.a'],
    ]
    for (const [request, param] of wrong) {
      expect(await rejection(client.decide({ model, ...request } as never))).toMatchObject({
        code: 'bad_request',
        param,
      })
    }
    expect(mock.requests).toHaveLength(0)
  })
})

describe('decide() around the call', () => {
  it('falls back from a host with decisions to a chat model', async () => {
    await using router = new Router({
      client: { dispatcher: mock.dispatcher, providers },
      modelList: [
        { modelName: 'judge', params: { model: 'openai/gpt-6-luna' } },
        { modelName: 'chat', params: { model: 'openai/gpt-4o' } },
      ],
      fallbacks: [{ judge: ['chat'] }],
      numRetries: 0,
    })
    const short = { urgent: questions.urgent }
    expect((await router.decide({ model: 'judge', state, questions: short })).emulated).toBe(false)
    mock.fail({ kind: 'status', status: 500 })
    mock.reply({ text: '{"urgent":"true"}' })
    const answer = await router.decide({ model: 'judge', state, questions: short })
    expect(answer).toMatchObject({ emulated: true, answers: { urgent: { value: true } } })
    expect(answer.meta.router).toMatchObject({ modelGroup: 'chat', fallbacks: 1 })
  })

  it('types each answer by its question', async () => {
    const { answers } = await client.decide({ model: 'openai/gpt-6-luna', state, questions })
    expectTypeOf(answers.urgent.value).toEqualTypeOf<boolean | undefined>()
    expectTypeOf(answers.topic.value).toEqualTypeOf<'sales' | 'invoice' | 'other' | undefined>()
    expectTypeOf(answers.team.value).toEqualTypeOf<'red' | 'blue' | undefined>()
    expectTypeOf(answers.tone.value).toEqualTypeOf<number | undefined>()
    const inline = await client.decide({
      model: 'openai/gpt-6-luna',
      state,
      questions: { size: { type: 'choice', instructions: 'Size?', criteria: ['small', 'large'] } },
    })
    expectTypeOf(inline.answers.size.value).toEqualTypeOf<'small' | 'large' | undefined>()
    // @ts-expect-error a question that was not asked
    expect(inline.answers.colour).toBeUndefined()
  })
})

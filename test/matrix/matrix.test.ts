import { beforeAll, describe, expect, it } from 'vitest'
import { loadProvider } from '../../providers/registry.js'
import { mockProvider } from '../../simulator/index.js'
import type { Message, Warning } from '../../src/index.js'
import { createClient } from '../../src/index.js'
import { freeze } from '../providers/openai/helpers.js'
import { answerOf, cities, origins, reasoning, said } from './origins.js'
import { accounts, type Target, targets } from './targets.js'

const map = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const chart = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const image = (data: string) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }) as const

const texts = ['Be brief.', 'Weather in Oslo and Rome?', said, 'Oslo: rain', 'Rome: see the chart', 'And the sea?']

/** A conversation started by one model and continued by another. */
async function historyFrom(name: string): Promise<Message[]> {
  const origin = origins.find((one) => one.name === name)
  if (!origin) throw new Error(`no origin ${name}`)
  const answer = await answerOf(origin)
  // without reasoning there is none to lose
  if (origin.reasons) expect(answer.reasoning_content).toBe(reasoning)
  const [oslo, rome] = answer.tool_calls ?? []
  if (!oslo || !rome) throw new Error(`${name} made no two calls`)
  return [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Weather in Oslo and Rome?' }, image(map)] },
    answer,
    { role: 'tool', tool_call_id: oslo.id, content: 'Oslo: rain' },
    { role: 'tool', tool_call_id: rome.id, content: [{ type: 'text', text: 'Rome: see the chart' }, image(chart)] },
    { role: 'user', content: 'And the sea?' },
  ]
}

interface Sent {
  readonly body: Readonly<Record<string, unknown>>
  readonly warnings: readonly Warning[]
}

const tools = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Weather.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
] as const

/** Sends the history to the simulator, which rejects it like the provider would. */
async function send(target: Target, messages: readonly Message[]): Promise<Sent> {
  const { model } = target
  if (target.unheard) return encode(target, messages)
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher, providers: accounts, maxRetries: 0 })
  const answer = await client.completion({ model, messages, tools })
  await client.close()
  return { body: mock.requests[0]?.body as Sent['body'], warnings: answer.meta.warnings }
}

/** For APIs that the simulator does not support. */
async function encode({ model: name }: Target, messages: readonly Message[]): Promise<Sent> {
  const [id = '', ...rest] = name.split('/')
  const model = rest.join('/')
  const loaded = await loadProvider(id)
  const provider = (await loaded?.route?.(model)) ?? loaded
  if (!provider?.dialect.chat) throw new Error(`no provider for ${name}`)
  const quirks = provider.ownQuirks ?? provider.quirks
  const context = { provider: id, model, dropParams: false, ownHost: true, quirks }
  const { body, warnings = [] } = provider.dialect.chat.encode({ model, messages, tools }, context)
  return { body, warnings }
}

describe.each(origins)('a conversation with $name', ({ name, reasons }) => {
  let history: readonly Message[] = []
  beforeAll(async () => {
    history = freeze(await historyFrom(name))
  })

  it.each(targets)('goes on with $name', async (target) => {
    const { body, warnings } = await send(target, history)
    const sent = JSON.stringify(body)
    for (const text of texts) expect(sent).toContain(text)
    for (const city of cities) expect(argumentsIn(body)).toContainEqual({ city })

    const left = warnings.map(({ message }) => message).join('\n')
    for (const data of [map, chart]) if (!sent.includes(data)) expect(left).toMatch(/image/)
    if (reasons && !sent.includes(reasoning) && !signaturesIn(history).some((one) => sent.includes(one)))
      expect(left).toMatch(/reasoning|thinking/i)

    const turns = target.turns(body)
    const calls = turns.flatMap((turn) => target.tools(turn).calls)
    expect(calls).toHaveLength(2)
    expect(turns.flatMap((turn) => target.tools(turn).results)).toEqual(calls)
    for (const id of calls) if (id !== undefined) expect(id).toMatch(target.ids)
    if (target.alternates) {
      const roles = turns.map(({ role }) => role)
      expect(roles.filter((role, at) => role === roles[at - 1])).toEqual([])
    }
  })
})

/** The replacement for reasoning text that the provider hides. */
function signaturesIn(messages: readonly Message[]): string[] {
  const found: string[] = []
  JSON.stringify(messages, (name, value: unknown) => {
    if (/signature$/.test(name) && typeof value === 'string' && value !== '') found.push(value)
    return value
  })
  return found
}

/** Strings that could be the arguments of a call, anywhere in the body. */
function argumentsIn(value: unknown): unknown[] {
  if (typeof value === 'string') {
    if (!value.startsWith('{')) return []
    try {
      return [JSON.parse(value)]
    } catch {
      return []
    }
  }
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(argumentsIn)]
}

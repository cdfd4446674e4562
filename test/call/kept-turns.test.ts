import { describe, expect, it } from 'vitest'
import { sender } from '../helpers/bodies.js'

const models = {
  openai: 'openai/gpt-4o',
  'a host with short ids of calls': 'mistral/mistral-large-latest',
  anthropic: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-2.5-flash',
  'a newer Gemini': 'gemini/gemini-3-pro-preview',
  nova: 'bedrock/amazon.nova-pro-v1:0',
  'claude on Bedrock': 'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0',
}

interface Message {
  role: string
  content: unknown
  tool_call_id?: string
  tool_calls?: { id: string; type: 'function'; function: { name: string; arguments: string } }[]
  [name: string]: unknown
}

/** A question, a call with its result, and an answer. */
const round = (at: number): Message[] => [
  { role: 'user', content: at % 2 ? `Question ${at}?` : [{ type: 'text', text: `Question ${at}?` }] },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: `call_${at}`, type: 'function', function: { name: 'find', arguments: `{"at":{"x":${at}}}` } }],
  },
  { role: 'tool', tool_call_id: `call_${at}`, content: `{"found":[${at}]}` },
  { role: 'assistant', content: `Answer ${at}.` },
]
const history = (rounds: number): Message[] => [
  { role: 'system', content: 'Be brief.' },
  ...Array.from({ length: rounds }, (_, at) => round(at)).flat(),
]
const question = (text: string): Message => ({ role: 'user', content: text })
const callIn = (message: Message | undefined) => message?.tool_calls?.[0]?.function ?? { name: '', arguments: '' }

/** What an owner does to a conversation between two calls. */
const steps: readonly (readonly [string, (messages: Message[]) => void])[] = [
  ['nothing', () => {}],
  ['a new round', (messages) => messages.push({ role: 'assistant', content: 'Yes.' }, ...round(9), question('More?'))],
  ['a text far back', (messages) => Object.assign(messages[4] ?? {}, { content: 'Another answer.' })],
  ['a part deep inside', (messages) => Object.assign(textPart(messages), { text: 'Another question?' })],
  ['arguments', (messages) => Object.assign(callIn(messages[6]), { arguments: '{"at":{"y":1}}' })],
  ['broken arguments', (messages) => Object.assign(callIn(messages[6]), { arguments: '{"at":' })],
  ['a name that hosts refuse', (messages) => Object.assign(callIn(messages[6]), { name: 'find it!' })],
  ['a mark on a message', (messages) => Object.assign(messages[5] ?? {}, { cache_control: { type: 'ephemeral' } })],
  ['the mark on a later one', (messages) => moveMark(messages)],
  ['a system message between', (messages) => messages.splice(9, 0, { role: 'system', content: 'Be kind.' })],
  ['a round less', (messages) => messages.splice(5, 4)],
  ['two turns of the user', (messages) => messages.push(question('And?'))],
  ['the end cut off', (messages) => messages.splice(messages.length - 3, 2)],
  ['a system message more', (messages) => messages.unshift({ role: 'system', content: 'First.' })],
]

function textPart(messages: Message[]): object {
  for (const { content } of messages) if (Array.isArray(content)) return content[0] as object
  throw new Error('no parts')
}

function moveMark(messages: Message[]): void {
  delete messages[5]?.cache_control
  Object.assign(messages.at(-1) ?? {}, { cache_control: { type: 'ephemeral' } })
}

describe.each(Object.entries(models))('a conversation that goes on: %s', (_, model) => {
  it('is written as it is, whatever its owner changes', async () => {
    const send = sender(model)
    const messages = [...history(4), question('Now?')]
    for (const [name, change] of steps) {
      change(messages)
      for (const turn of [1, 2, 3]) {
        const expected = await send({ messages: structuredClone(messages) })
        expect(await send({ messages }), `${name}, ${turn}`).toBe(expected)
      }
    }
  })

  it('grows by one message a call', async () => {
    const send = sender(model)
    const all = history(6)
    const messages: Message[] = []
    for (const message of all) {
      messages.push(message)
      if (message.role !== 'user' && message.role !== 'tool') continue
      expect(await send({ messages })).toBe(await send({ messages: structuredClone(messages) }))
      // as others do it: a new list each time
      expect(await send({ messages: [...messages] })).toBe(await send({ messages: structuredClone(messages) }))
    }
  })

  it('may share its beginning with others', async () => {
    const send = sender(model)
    const shared = history(3)
    for (let at = 0; at < 40; at++) {
      const messages = [...shared.slice(0, 5 + 4 * (at % 3)), ...round(100 + at), question(`Now ${at}?`)]
      expect(await send({ messages })).toBe(await send({ messages: structuredClone(messages) }))
    }
  })

  it('is written with changing parameters', async () => {
    const send = sender(model)
    const messages = [...history(4), question('Now?')]
    const json = { response_format: { type: 'json_object' } }
    const thinks = { reasoning_effort: 'low', max_tokens: 8_000 }
    for (const more of [{}, json, thinks, { cache_control: { type: 'ephemeral' } }, { extra_body: { a: 1 } }, {}]) {
      const expected = await send({ messages: structuredClone(messages), ...more })
      expect(await send({ messages, ...more })).toBe(expected)
    }
  })
})

describe('a conversation that goes on', () => {
  it('may change its provider with each call', async () => {
    const messages = [...history(4), question('Now?')]
    for (let turn = 0; turn < 4; turn++) {
      for (const model of Object.values(models)) {
        const send = sender(model)
        expect(await send({ messages })).toBe(await send({ messages: structuredClone(messages) }))
      }
    }
  })

  it('is written anew if a value has a form of its own', async () => {
    const send = sender(models.openai)
    let times = 0
    const messages = [...history(4), question('Now?')]
    Object.assign(messages[5] ?? {}, { extra: { toJSON: () => ++times } })
    const sent: unknown[] = []
    for (let turn = 0; turn < 4; turn++) {
      const body = JSON.parse(await send({ messages })) as { messages: Message[] }
      sent.push(body.messages[5]?.extra)
    }
    expect(sent).toEqual([1, 2, 3, 4])
  })

  it('reads a turn that is too long to be kept as often as in the first call', async () => {
    const send = sender(models.openai)
    let reads = 0
    const content = 'x'.repeat(2_000_001)
    const messages = [...history(4), question('Now?')]
    const get = () => {
      reads++
      return content
    }
    Object.defineProperty(messages[5] ?? {}, 'content', { enumerable: true, get })
    const first = await send({ messages })
    const readsOfFirst = reads
    await send({ messages })
    for (let turn = 0; turn < 3; turn++) {
      reads = 0
      expect(await send({ messages })).toBe(first)
      expect(reads).toBe(readsOfFirst)
    }
    Object.defineProperty(messages[5] ?? {}, 'content', { value: 'short' })
    expect(await send({ messages })).toBe(await send({ messages: structuredClone(messages) }))
  })

  it('may hold an instance in the place of an equal object', async () => {
    const send = sender(models.openai)
    class Point {
      x = 1
      toJSON() {
        return 'a point'
      }
    }
    const messages = [...history(4), question('Now?')]
    Object.assign(messages[5] ?? {}, { extra: { x: 1 } })
    for (let turn = 0; turn < 3; turn++) await send({ messages })
    Object.assign(messages[5] ?? {}, { extra: new Point() })
    const body = JSON.parse(await send({ messages })) as { messages: Message[] }
    expect(body.messages[5]?.extra).toBe('a point')
  })

  it('leaves a text of the caller alone that looks like its mark', async () => {
    const send = sender(models.gemini)
    const messages = [...history(4), question('llmux: kept JSON')]
    for (let turn = 0; turn < 4; turn++) {
      expect(await send({ messages })).toBe(await send({ messages: structuredClone(messages) }))
    }
  })
})

import { describe, expect, it } from 'vitest'
import { type Fields, isFields } from '../../../providers/fields.js'
import type { MockProvider } from '../../../simulator/index.js'
import { type Upstream, upstreams } from './upstreams.js'
import { type ClientWire, chart, map, reasoning, texts, wires } from './wires.js'

/** An answer as a client got it. */
export interface Sent {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** A server in front of the upstreams. */
export interface Subject {
  /** Answers for all upstreams, and keeps what arrived. */
  readonly mock: () => Pick<MockProvider, 'requests' | 'reply' | 'fail' | 'reset'>
  /** Sends a body to a path of the server. */
  send(url: string, body: Fields): Promise<Sent>
  /** Takes note of a part that does not reach an upstream. */
  note?(wire: ClientWire, upstream: Upstream, what: string): void
}

const usageOf = ({ name }: ClientWire) => (name === 'chat' ? { stream_options: { include_usage: true } } : {})

const eventsOf = (text: string): Fields[] =>
  [...text.matchAll(/^data: (\{.*\})\r?$/gm)].map(([, data]): unknown => JSON.parse(data ?? '')).filter(isFields)

const placesOf = (body: string, wanted: readonly string[]): number[] => wanted.map((text) => body.indexOf(text))
const ascending = (places: readonly number[]): boolean =>
  places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0))

const finishes: Readonly<Record<string, unknown>> = {
  chat: 'tool_calls',
  responses: 'completed',
  messages: 'tool_use',
  generateContent: 'STOP',
}

const limitTypes: Readonly<Record<string, unknown>> = {
  chat: 'rate_limit_error',
  responses: 'rate_limit_error',
  messages: 'rate_limit_error',
  generateContent: 'RESOURCE_EXHAUSTED',
}

/** Every API of clients in front of every dialect: a conversation with an image, two calls and their results, and errors. */
export function testPairs({ mock, send, note = () => {} }: Subject): void {
  function post(wire: ClientWire, model: string, body: Fields, stream: boolean): Promise<Sent> {
    const url = wire.path(model, stream)
    const whole = url.startsWith('/v1/') && stream ? { ...body, stream: true, ...usageOf(wire) } : body
    return send(url, whole)
  }

  const lastBody = (): Fields => {
    const body = mock().requests.at(-1)?.body
    return isFields(body) ? body : {}
  }

  /** Checks what the upstream got of the first request. */
  function checkFirst(wire: ClientWire, upstream: Upstream, sent: Sent): void {
    const body = lastBody()
    const written = JSON.stringify(body)
    for (const text of [texts.system, texts.ask]) expect(written.split(text)).toHaveLength(2)
    const { limit, temperature, stop, tool } = upstream.settings(body)
    expect({ limit, temperature, tool }).toEqual({ limit: 4000, temperature: 0.5, tool: 'get_weather' })
    // the Responses API has no stop sequences
    if (wire.name !== 'responses') expect(stop).toEqual(['END'])
    if (written.includes(map)) return
    note(wire, upstream, 'images')
    expect(sent.headers['x-llmux-warnings']).toBeDefined()
  }

  /** Checks what the upstream got of the second request: everything of the conversation, once and in order. */
  function checkNext(wire: ClientWire, upstream: Upstream, sent: Sent): void {
    const body = lastBody()
    const turns = upstream.turns(body)
    const written = JSON.stringify(turns)
    const conversation = [texts.ask, texts.said, texts.oslo, texts.rome, texts.more]
    expect(conversation.filter((text) => written.split(text).length !== 2)).toEqual([])
    expect(ascending(placesOf(written, conversation))).toBe(true)
    expect(JSON.stringify(body)).toContain(texts.system)
    const calls = turns.flatMap((turn) => upstream.tools(turn).calls)
    expect(calls).toHaveLength(2)
    expect(turns.flatMap((turn) => upstream.tools(turn).results)).toEqual(calls)
    for (const id of calls) if (id !== undefined) expect(id).toMatch(upstream.ids)
    for (const city of ['Oslo', 'Rome']) expect(written).toMatch(new RegExp(`city\\W+${city}`))
    if (!written.includes(chart)) {
      note(wire, upstream, 'images')
      expect(sent.headers['x-llmux-warnings']).toBeDefined()
    }
    if (upstream.thinks) expect(upstream.thinks(body)).toBe(true)
    else if (!written.includes(reasoning)) note(wire, upstream, 'reasoning of earlier answers')
  }

  describe.each(wires)('a client of $name', (wire) => {
    describe.each(upstreams)('in front of $name', (upstream) => {
      it.each([false, true])('has a conversation with an image, calls and results (streamed: %s)', async (stream) => {
        const { model } = upstream
        mock().reset()
        mock().reply({
          text: texts.said,
          reasoning,
          toolCalls: ['Oslo', 'Rome'].map((city) => ({ name: 'get_weather', arguments: { city } })),
          usage: { promptTokens: 120, completionTokens: 30 },
        })
        const first = wire.first(model)
        const sent = await post(wire, model, first, stream)
        expect(sent.status, sent.text).toBe(200)
        expect(mock().requests.at(-1)?.wire).toBe(upstream.wire)
        checkFirst(wire, upstream, sent)

        const answer = stream ? wire.assemble(eventsOf(sent.text)) : (JSON.parse(sent.text) as Fields)
        const said = wire.said(answer)
        expect(said).toMatchObject({
          text: texts.said,
          calls: ['Oslo', 'Rome'].map((city) => ({ name: 'get_weather', input: { city } })),
          finish: finishes[wire.name],
        })
        expect(said.reasoning).toBe(reasoning)
        if (!(stream && upstream.uncounted)) {
          expect(said.tokens.every((count) => typeof count === 'number' && count > 0)).toBe(true)
        }

        mock().reply({ text: 'Calm.' })
        const second = await post(wire, model, wire.next(first, answer), stream)
        expect(second.status, second.text).toBe(200)
        checkNext(wire, upstream, second)
        const last = stream ? wire.assemble(eventsOf(second.text)) : (JSON.parse(second.text) as Fields)
        expect(wire.said(last).text).toBe('Calm.')
      })

      it('gets errors in the form of its own API', async () => {
        mock().reset()
        mock().fail({ kind: 'status', status: 429, retryAfter: 7 })
        const limited = await post(wire, upstream.model, wire.first(upstream.model), false)
        expect(limited.status).toBe(429)
        expect(limited.headers['retry-after']).toBe('7')
        expect(wire.error(JSON.parse(limited.text)).type).toBe(limitTypes[wire.name])
        mock().fail({ kind: 'status', status: 400 })
        const refused = await post(wire, upstream.model, wire.first(upstream.model), false)
        expect(refused.status).toBe(400)
        expect(wire.error(JSON.parse(refused.text)).message).toEqual(expect.any(String))
      })

      it('gets an error inside a stream as an event of its own API', async () => {
        mock().reset()
        mock().reply({ text: 'one two three four' })
        mock().fail({ kind: 'cut', afterChunks: 2 })
        const { text, status } = await post(wire, upstream.model, wire.first(upstream.model), true)
        expect(status).toBe(200)
        const events = eventsOf(text)
        const last = events.at(-1) ?? {}
        expect(wire.error(last).message).toEqual(expect.any(String))
        if (wire.name === 'messages') expect(text).toMatch(/event: error\ndata: .*\n\n$/)
        if (wire.name === 'chat') expect(text).not.toContain('[DONE]')
      })
    })
  })

  describe.each(wires)('a conversation of $name', (wire) => {
    it.each([
      ['mistral/magistral-medium-2509', 'anthropic/claude-sonnet-4-5'],
      ['mistral/magistral-medium-2509', 'gemini/gemini-3-flash-preview'],
      ['gemini/gemini-3-flash-preview', 'anthropic/claude-sonnet-4-5'],
      ['anthropic/claude-sonnet-4-5', 'openai/gpt-4o'],
    ])('moves from %s to %s without signatures that the provider does not know', async (from, to) => {
      mock().reset()
      const toolCalls = ['Oslo', 'Rome'].map((city) => ({ name: 'get_weather', arguments: { city } }))
      mock().reply({ text: texts.said, reasoning, toolCalls })
      const first = wire.first(from)
      const { text } = await post(wire, from, first, false)
      const next = wire.next(first, JSON.parse(text) as Fields)
      const { status, text: answer } = await post(
        wire,
        to,
        { ...next, ...(next.model !== undefined && { model: to }) },
        false,
      )
      expect(status, answer).toBe(200)
      const written = JSON.stringify(lastBody())
      expect(written).toContain(texts.rome)
      expect(written).not.toMatch(/bGxtdXg6|llmux1\./)
    })
  })
}

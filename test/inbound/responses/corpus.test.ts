import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { responses } from '../../../providers/dialects/responses/index.js'
import { plainResponses } from '../../../providers/dialects/responses/quirks.js'
import { type Fields, fieldsIn, isFields } from '../../../providers/fields.js'
import { responsesWire } from '../../../providers/inbound/responses/index.js'
import type { ChatCompletionChunk } from '../../../src/types/chat.js'
import type { ResponsesEvent, ResponsesParams } from '../../../src/types/responses.js'
import { corpusFolder, howToConfigure } from '../../corpus/wire/recording.js'

/** Recorded traffic of the Responses API, through chat and back. */

const folder = corpusFolder()
const context = { model: 'm', created: 1, id: 'abc' }
const decodeContext = {
  provider: 'openai',
  model: 'm',
  quirks: plainResponses,
  encodeState: undefined,
  created: 1,
  fallbackId: 'x',
}

interface Recording {
  readonly id: string
  readonly request: { readonly body: Fields | null }
  readonly response: { readonly stream?: string; readonly body?: unknown }
}

function recordings(kind: string): Recording[] {
  if (folder === undefined) return []
  return ['openai', 'azure', 'xai', 'openrouter', 'deepseek', 'bedrock', 'github-copilot'].flatMap((provider) => {
    const path = join(folder, provider, kind)
    let names: string[] = []
    try {
      names = readdirSync(path)
    } catch {}
    return names.map((name) => JSON.parse(readFileSync(join(path, name), 'utf8')) as Recording)
  })
}

const eventsIn = (stream: string): Fields[] =>
  stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:') && line.includes('{'))
    .map((line) => JSON.parse(line.slice(5)) as Fields)

/** The items that chat has a place for, without their ids and states. */
const kept = (output: unknown) =>
  fieldsIn(output).flatMap((item): unknown[] => {
    switch (item.type) {
      case 'message':
        return fieldsIn(item.content).map((part) => [part.type, part.text ?? part.refusal])
      case 'function_call':
        return [[item.type, item.name, item.call_id, item.arguments || '{}']]
      default:
        return []
    }
  })

/** The types of events in their order, with deltas of one part as one, without reasoning that has no text. */
function order(events: readonly Fields[]): string[] {
  const types: string[] = []
  for (const { type, item } of events) {
    const added = type === 'response.output_item.added' && isFields(item) && item.type === 'reasoning'
    if (type !== types.at(-1)) types.push(added ? 'reasoning' : String(type))
  }
  return types.filter((type, at) => {
    const silent = types[at] === 'reasoning' && types[at + 1] === 'response.output_item.done'
    return !silent && !(type === 'response.output_item.done' && types[at - 1] === 'reasoning')
  })
}

describe('recorded traffic of the Responses API', () => {
  if (folder === undefined) {
    it.skip(howToConfigure)
    return
  }

  it('has requests that chat takes, or that are refused for a reason', () => {
    const refused: string[] = []
    const all = [...recordings('responses'), ...recordings('responses-stream')].filter(({ request }) => request.body)
    for (const { id, request } of all) {
      const before = JSON.stringify(request.body)
      try {
        const chat = responsesWire.decodeRequest(request.body as unknown as ResponsesParams, context)
        expect(chat.messages.length, id).toBeGreaterThan(0)
      } catch (error) {
        refused.push((error as Error).message)
      }
      expect(JSON.stringify(request.body), id).toBe(before)
    }
    expect(all.length).toBeGreaterThan(60)
    const reasons = /^'(background|prompt|previous_response_id|conversation)' must|is a compaction of another API/
    expect(refused.filter((message) => !reasons.test(message))).toEqual([])
  })

  it('comes back the same after chat, with the events in the same order', () => {
    const misses: string[] = []
    let count = 0
    for (const { id, request, response } of recordings('responses-stream')) {
      const events = eventsIn(response.stream ?? '')
      const last = events.find(({ type }) => type === 'response.completed' || type === 'response.incomplete')
      // some files hold several answers
      if (!isFields(last?.response) || events.filter(({ type }) => type === 'response.created').length > 1) continue
      count++
      const out = throughChat(events, (request.body ?? { model: 'm' }) as unknown as ResponsesParams)
      const end = out.at(-1)
      const output = end && 'response' in end ? end.response.output : undefined
      compare(`${id}: output`, kept(output), kept(last.response.output))
      if (!id.startsWith('openai') && !id.startsWith('azure') && !id.startsWith('xai')) continue
      if (fieldsIn(last.response.output).every(({ type }) => plain.has(type))) {
        compare(`${id}: events`, order(out as unknown as Fields[]), order(events))
      }
    }
    expect(misses).toEqual([])
    expect(count).toBeGreaterThan(40)

    function compare(what: string, ours: unknown, theirs: unknown): void {
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        misses.push(`${what}\n  ${JSON.stringify(theirs)}\n  ${JSON.stringify(ours)}`)
    }
  })
})

/** Items that chat has a place for. */
const plain: ReadonlySet<unknown> = new Set(['message', 'function_call', 'reasoning'])

function throughChat(events: readonly Fields[], params: ResponsesParams): ResponsesEvent[] {
  const decoder = responses.chat?.stream(decodeContext)
  const encoder = responsesWire.streamEncoder(params, context)
  const out: ResponsesEvent[] = []
  for (const event of events) {
    const chunks: ChatCompletionChunk[] = []
    decoder?.push(String(event.type), JSON.stringify(event), chunks)
    for (const chunk of chunks) encoder.push(chunk, out)
  }
  encoder.end(out)
  return out
}

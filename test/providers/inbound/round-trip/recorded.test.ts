import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Fields, fieldsIn, isFields } from '../../../../providers/fields.js'
import { geminiBody, messagesBody } from './bodies.js'
import { differing, translate } from './translate.js'

/** Recorded requests of clients of both APIs, translated to chat and back. Runs beside the recordings only. */
const shared = fileURLToPath(new URL('../../../../../shared', import.meta.url))

interface Recorded {
  readonly file: string
  readonly body: Fields
  readonly model: string
}

function recorded(folder: string): Recorded[] {
  const path = join(shared, 'corpus', folder)
  return readdirSync(path).flatMap((file) => {
    const { request, model } = JSON.parse(readFileSync(join(path, file), 'utf8'))
    const body: unknown = request?.body
    if (!isFields(body)) return []
    return [{ file, body, model: String(body.model ?? model) }]
  })
}

/** What a translation to chat and back loses, as far as no warning explains it. */
function lost(api: 'anthropic' | 'gemini', body: Fields, model: string): string[] {
  const { body: back, told } = translate(api, body, model)
  const form = api === 'anthropic' ? messagesBody : geminiBody
  return differing(form(body), form(back)).filter((name) => !told.some((param) => related(param, name)))
}

describe.skipIf(!existsSync(shared))('a recorded request', () => {
  it.each([
    ...['anthropic/messages', 'azure/messages', 'vertex/messages'].map((folder) => ['anthropic', folder] as const),
    ...['anthropic/messages-stream', 'vertex/messages-stream'].map((folder) => ['anthropic', folder] as const),
    ...['google-ai-studio', 'vertex'].map((host) => ['gemini', `${host}/generateContent`] as const),
    ...['google-ai-studio', 'vertex'].map((host) => ['gemini', `${host}/streamGenerateContent`] as const),
  ])('of the %s API in %s loses nothing without a warning', (api, folder) => {
    const all = recorded(folder).filter(({ body }) => body.cachedContent === undefined)
    expect(all.length).toBeGreaterThan(5)
    expect(all.flatMap(({ file, body, model }) => lost(api, body, model).map((name) => `${file} ${name}`))).toEqual([])
  })

  it.each([
    ['anthropic', 'messages', 'claude-sonnet-4-5'],
    ['gemini', 'gemini', 'gemini-3-pro-preview'],
  ] as const)('of a client on the %s API loses nothing without a warning', (api, prefix, model) => {
    const all = clientRequests(prefix)
    expect(all.length).toBeGreaterThan(10)
    expect(all.flatMap(({ file, body }) => lost(api, body, model).map((name) => `${file} ${name}`))).toEqual([])
  })
})

/** Requests of real clients, whose recordings hold the shape of one tool only. */
function clientRequests(prefix: string): { file: string; body: Fields }[] {
  const root = join(shared, 'clients')
  return readdirSync(root).flatMap((client) => {
    const files =
      client === 'README.md'
        ? []
        : readdirSync(join(root, client)).filter((file) => file.startsWith(prefix) && file.endsWith('.json'))
    return files.flatMap((file) => {
      const { exchanges } = JSON.parse(readFileSync(join(root, client, file), 'utf8'))
      return fieldsIn(exchanges).flatMap(({ request }) => {
        const body = isFields(request) && isFields(request.body) ? request.body : undefined
        if (!body) return []
        const { tools, ...rest } = body
        const shape = isFields(tools) ? tools['shape of the first'] : undefined
        return [
          {
            file: `${client}/${file}`,
            body: { max_tokens: 1024, ...rest, ...(shape !== undefined && { tools: [shape] }) },
          },
        ]
      })
    })
  })
}

/** Places of a body by the names of chat that warnings use. */
const places: Readonly<Record<string, readonly string[]>> = {
  messages: ['messages', 'contents'],
  thinking: ['thinking', 'generationConfig', 'output_config'],
  presence_penalty: ['generationConfig'],
  frequency_penalty: ['generationConfig'],
}

/** Whether a warning about a parameter explains a difference in a field of the body. */
const related = (param: string, field: string): boolean =>
  param.startsWith(field) ||
  (param.startsWith('tools[') && field === 'tool_choice') ||
  (places[param]?.includes(field) ?? false)

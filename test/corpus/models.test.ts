import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient } from '../../src/index.js'
import { type Fields, isObject } from './wire/json.js'
import { corpusFolder, howToConfigure, type Recording } from './wire/recording.js'

/** Recorded lists of models: every model of a list is found, by the name that a call needs, at the path that was recorded. */

const prefixes: Readonly<Record<string, string>> = {
  'google-ai-studio': 'gemini',
}

/** Lists that llmux does not request: by id, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'github-copilot-models-63e94a529609': 'GitHub Copilot is no provider here',
  'bedrock-models-84019598a04e': "OpenAI's endpoint of Bedrock: llmux lists the models of its own API",
  'ollama-models-4655a8c7dc7a': "Ollama's copy of OpenAI's list: llmux reads /api/tags",
}

/** The entries of a list, undefined for a body about one model. */
function entriesOf(body: unknown): readonly Fields[] | undefined {
  if (!isObject(body)) return undefined
  const list = body.data ?? body.models ?? body.items
  return Array.isArray(list) ? list.filter(isObject) : undefined
}

const nameOf = ({ id, name, model }: Fields): string =>
  String(typeof id === 'string' ? id : (name ?? model)).replace(/^models\//, '')

const folder = corpusFolder()

describe('recorded lists of models', () => {
  if (folder === undefined) {
    it.skip(howToConfigure)
    return
  }
  const all = readdirSync(folder)
    .map((provider) => join(folder, provider, 'models'))
    .filter((place) => existsSync(place))
    .flatMap((place) =>
      readdirSync(place).map((file) => JSON.parse(readFileSync(join(place, file), 'utf8')) as Recording),
    )
    .filter(({ id, response }) => !Object.hasOwn(exceptions, id) && entriesOf(response.body) !== undefined)

  it('are there', () => expect(all.length).toBeGreaterThan(20))

  it.each(all.map((one) => [one.id, one] as const))('are read: %s', async (_, { provider, request, response }) => {
    const prefix = prefixes[provider] ?? provider
    const url = new URL(request.url ?? '')
    const mock = mockProvider()
    // the pages after a recorded one are others
    const { nextPageToken: __, next_page_token: ___, ...body } = response.body as Fields
    mock.reply({ raw: { body: { ...body, has_more: false } } })
    const client = createClient({ dispatcher: mock.dispatcher, maxRetries: 0 })
    const version = url.searchParams.get('api-version')
    const models = await client.listModels(prefix, {
      apiKey: 'k',
      ...(version !== null && { apiVersion: version }),
      ...(/invalid$|^localhost$|azure\.com$/.test(url.hostname) && {
        apiBase: `${url.origin}${/ollama|azure/.test(prefix) ? '' : '/v1'}`,
      }),
    })
    expect(mock.requests.at(-1)?.path.split('?')[0]).toBe(url.pathname)
    const names = (entriesOf(response.body) ?? []).map(nameOf)
    expect(models.map(({ id }) => id)).toEqual([...new Set(names)])
    for (const { model, id, context_window: size, created } of models) {
      expect(model).toBe(`${prefix}/${id}`)
      expect(size === undefined || (Number.isSafeInteger(size) && size > 0)).toBe(true)
      expect(created === undefined || (created > 1e9 && created < 4e9)).toBe(true)
    }
    await client.close()
  })
})

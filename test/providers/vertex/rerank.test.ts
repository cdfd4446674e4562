import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/index.js'
import { rejection } from '../../helpers/simulated.js'

/** Requests and answers of Google's ranking API as documented: no recording exists. */

const mock = mockProvider()
const origins: string[] = []
const dispatcher = {
  dispatch(...[options, handler]: Parameters<typeof mock.dispatcher.dispatch>) {
    origins.push(String(options.origin))
    return mock.dispatcher.dispatch(options, handler)
  },
} as unknown as typeof mock.dispatcher
const account = { project: 'acme', location: 'us-central1', authToken: 'token' }
const client = createClient({ dispatcher, providers: { vertex_ai: account }, maxRetries: 0 })
const request = { model: 'vertex_ai/semantic-ranker-default', query: 'cats', documents: ['a dog', 'a cat', 'a bird'] }

describe('rerank on Vertex AI', () => {
  it('is the ranking API of Discovery Engine', async () => {
    mock.reply({
      raw: {
        body: {
          records: [
            { id: '1', score: 0.9 },
            { id: '0', score: 0.2 },
          ],
        },
      },
    })
    const { results, model, meta } = await client.rerank({ ...request, top_n: 2, return_documents: true })
    expect(results).toEqual([
      { index: 1, relevance_score: 0.9, document: 'a cat' },
      { index: 0, relevance_score: 0.2, document: 'a dog' },
    ])
    expect([model, meta.provider]).toEqual(['semantic-ranker-default', 'vertex_ai'])
    expect(origins.at(-1)).toBe('https://discoveryengine.googleapis.com')
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/projects/acme/locations/global/rankingConfigs/default_ranking_config:rank',
      headers: { authorization: 'Bearer token' },
      body: {
        model: 'semantic-ranker-default@latest',
        query: 'cats',
        records: [
          { id: '0', content: 'a dog' },
          { id: '1', content: 'a cat' },
          { id: '2', content: 'a bird' },
        ],
        topN: 2,
        ignoreRecordDetailsInResponse: true,
      },
    })
  })

  it('keeps a version, and stays in the EU', async () => {
    mock.reply({ raw: { body: { records: [] } } })
    const eu = { location: 'eu', model: 'vertex_ai/semantic-ranker-default-004' }
    await client.rerank({ ...request, ...eu })
    expect(origins.at(-1)).toBe('https://eu-discoveryengine.googleapis.com')
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/projects/acme/locations/eu/rankingConfigs/default_ranking_config:rank',
      body: { model: 'semantic-ranker-default-004' },
    })
  })

  it("has Google's errors", async () => {
    const error = { code: 403, message: 'The caller does not have permission', status: 'PERMISSION_DENIED' }
    mock.reply({ raw: { status: 403, body: { error } } })
    expect(await rejection(client.rerank(request))).toMatchObject({ code: 'permission_denied', provider: 'vertex_ai' })
    mock.reply({ raw: { body: { records: [{ id: 'x' }] } } })
    expect(await rejection(client.rerank(request))).toMatchObject({ code: 'invalid_response' })
  })
})

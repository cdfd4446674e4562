import { expect } from 'vitest'
import { type Behaviour, failureOf } from './behaviour.js'
import { frozen } from './requests.js'
import type { Scene } from './scene.js'

const input: readonly string[] = frozen(['a cat', 'a dog', 'a house'])
const documents: readonly string[] = frozen(['a house by the sea', 'the cat sat down', 'dogs bark'])

export const vectors: readonly Behaviour[] = [
  embedding('embeddings', async (scene) => {
    const answer = await embed(scene)
    expect(answer.object).toBe('list')
    expect(answer.data.map(({ index }) => index)).toEqual([0, 1, 2])
    for (const { embedding: vector } of answer.data) {
      expect(vector.length).toBe(answer.data[0]?.embedding.length)
      expect(vector.every((value) => Number.isFinite(value))).toBe(true)
    }
    const distinct = new Set(answer.data.map(({ embedding: vector }) => vector.join()))
    expect(distinct.size).toBe(3)
    expect(answer.meta).toMatchObject({ operation: 'embedding', provider: scene.target.id })
  }),
  embedding('embeddings: usage', async (scene) => {
    const { usage } = await embed(scene)
    expect(usage?.prompt_tokens).toBeGreaterThan(0)
    expect(usage?.total_tokens).toBeGreaterThanOrEqual(usage?.prompt_tokens ?? 0)
  }),
  embedding('embeddings: errors', async (scene) => {
    scene.mock.fail({ kind: 'status', status: 429 })
    expect((await failureOf(embed(scene))).code).toBe('rate_limit')
    scene.mock.fail({ kind: 'status', status: 404 })
    expect((await failureOf(embed(scene))).code).toBe('not_found')
  }),
  rerank('rerank', async (scene) => {
    const answer = await ranked(scene, { return_documents: true })
    expect(answer.results.map(({ index }) => index).sort()).toEqual([0, 1, 2])
    const scores = answer.results.map(({ relevance_score: score }) => score)
    expect(scores).toEqual([...scores].sort((one, other) => other - one))
    for (const { index, document } of answer.results) expect(document).toBe(documents[index])
    expect(answer.meta).toMatchObject({ operation: 'rerank', provider: scene.target.id })
  }),
  rerank('rerank: the most results', async (scene) => {
    expect((await ranked(scene, { top_n: 2 })).results.length).toBe(2)
  }),
  rerank('rerank: errors', async (scene) => {
    scene.mock.fail({ kind: 'status', status: 429 })
    expect((await failureOf(ranked(scene))).code).toBe('rate_limit')
  }),
]

function embedding(name: string, run: Behaviour['run']): Behaviour {
  return { name, operation: 'embedding', run }
}

function rerank(name: string, run: Behaviour['run']): Behaviour {
  return { name, operation: 'rerank', run }
}

const embed = ({ client, target }: Scene) => client.embedding({ model: target.models.embedding, input })

const ranked = ({ client, target }: Scene, more: { top_n?: number; return_documents?: boolean } = {}) =>
  client.rerank({ model: target.models.rerank, query: 'cats', documents, ...more })

// Embeddings in base64, decoded to typed arrays or to arrays.
import { request } from 'undici'
import { INPUTS, inputs } from '../shapes.mjs'

export const title = 'Embeddings'

const KEY = 'sk-bench'
const sum = (vectors) => vectors.reduce((length, vector) => length + vector.length, 0)

function floor(origin) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` }
  const sent = { model: 'text-embedding-3-small', input: inputs, encoding_format: 'base64' }
  const vectors = async () => {
    const { body } = await request(`${origin}/v1/embeddings`, { method: 'POST', headers, body: JSON.stringify(sent) })
    return JSON.parse(await body.text()).data.map(({ embedding }) => {
      const bytes = Buffer.from(embedding, 'base64')
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    })
  }
  return {
    float32: async () => sum(await vectors()),
    array: async () => sum((await vectors()).map((vector) => Array.from(vector))),
  }
}

async function llmux(origin, dist) {
  const { embedding } = await import(dist)
  const call = {
    model: 'openai/text-embedding-3-small',
    input: inputs,
    apiKey: KEY,
    apiBase: `${origin}/v1`,
    encoding_format: 'base64',
  }
  const lengths = async (given) => sum((await embedding(given)).data.map(({ embedding: vector }) => vector))
  return { float32: () => lengths({ ...call, vectorType: 'float32' }), array: () => lengths(call) }
}

export const contestants = { floor, llmux }

export async function run(bench) {
  const row = { width: 1, count: 30, per: INPUTS, unit: 'vector' }
  await bench.compare({ title: 'base64 to Float32Array', task: 'float32', ...row })
  await bench.compare({ title: 'base64 to number[]', task: 'array', ...row })
}

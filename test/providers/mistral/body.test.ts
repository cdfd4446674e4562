import { expect, it } from 'vitest'
import { hosts } from '../../../providers/hosts/index.js'
import { canonical, canonicalNames } from '../../helpers/canonical.js'
import { bodyOf, quirksOf } from '../openai/helpers.js'
import { bodies } from './body.test-d.js'

const { quirks } = quirksOf(hosts.find(({ id }) => id === 'mistral')?.quirks ?? {})

it.each(canonicalNames)('writes a request with %s as the SDK takes it', (name) => {
  expect(bodyOf(canonical[name], { provider: 'mistral', model: bodies[name].model, quirks })).toEqual(bodies[name])
})

it.each([
  [{ file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' }, 'data:application/pdf;base64,JVBERi0='],
  [{ file_data: 'JVBERi0=', filename: 'a.pdf' }, 'data:application/pdf;base64,JVBERi0='],
  [{ file_data: 'https://files.test/a.pdf', filename: 'a.pdf' }, 'https://files.test/a.pdf'],
  [{ file_id: 'https://files.test/a.pdf', filename: 'a.pdf' }, 'https://files.test/a.pdf'],
])('writes the file %j as a document', (file, url) => {
  const part = { type: 'document_url', document_url: url, document_name: 'a.pdf' }
  expect(contentOf([{ type: 'file', file }])).toEqual([part])
})

it('writes an uploaded file by its id, and a block of Anthropic as a document', () => {
  expect(contentOf([{ type: 'file', file: { file_id: 'f-1' } }])).toEqual([{ type: 'file', file_id: 'f-1' }])
  const source = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }
  const part = { type: 'document_url', document_url: 'data:application/pdf;base64,JVBERi0=', document_name: 'b' }
  expect(contentOf([{ type: 'document', source, title: 'b' }])).toEqual([part])
})

it('writes files for Perplexity by URL, or as base64 without a prefix', () => {
  const { quirks: perplexity } = quirksOf(hosts.find(({ id }) => id === 'perplexity')?.quirks ?? {})
  const data = { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } }
  const url = { type: 'file', file: { file_id: 'https://files.test/a.pdf' } }
  expect(contentOf([data, url], perplexity)).toEqual([
    { type: 'file_url', file_url: { url: 'JVBERi0=' }, file_name: 'a.pdf' },
    { type: 'file_url', file_url: { url: 'https://files.test/a.pdf' } },
  ])
})

function contentOf(content: readonly object[], given = quirks): unknown {
  const request = { messages: [{ role: 'user', content }] } as unknown as Parameters<typeof bodyOf>[0]
  const body = bodyOf(request, { provider: 'mistral', model: 'mistral-large-latest', quirks: given })
  return (body as { messages: { content: unknown }[] }).messages[0]?.content
}

import { afterAll, describe, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient } from '../../src/index.js'
import { createHandler, type HandlerResponse } from '../../src/server/index.js'
import { checkSection, table } from '../docs/section.js'
import { accounts } from '../matrix/targets.js'
import { testPairs } from './matrix/pairs.js'
import { upstreams } from './matrix/upstreams.js'
import { wires } from './matrix/wires.js'

/**
 * The handler in front of every dialect. The results are the table of docs/server-matrix.md:
 *
 *     LLMUX_UPDATE_DOCS=1 npx vitest run test/server/matrix.test.ts
 */

const mock = mockProvider()
const client = createClient({ dispatcher: mock.dispatcher, providers: accounts, maxRetries: 0 })
const handler = createHandler(client)

afterAll(() => client.close())

async function textOf({ body }: HandlerResponse): Promise<string> {
  if (typeof body === 'string') return body
  let text = ''
  for await (const part of body ?? []) text += part
  return text
}

/** What a pair left out, for the table. */
const left = new Map<string, Set<string>>()

testPairs({
  mock: () => mock,
  async send(url, body) {
    const response = await handler.handle({ method: 'POST', url, headers: {}, body: JSON.stringify(body) })
    return { status: response.status, headers: response.headers, text: await textOf(response) }
  },
  note(wire, upstream, what) {
    const pair = `${wire.name} ${upstream.name}`
    left.set(pair, (left.get(pair) ?? new Set()).add(what))
  },
})

describe('docs/server-matrix.md', () => {
  it('has the results', () => {
    const rows = wires.map((wire) => [
      `\`${wire.path('MODEL', false)}\``,
      ...upstreams.map((upstream) => {
        const missing = [...(left.get(`${wire.name} ${upstream.name}`) ?? [])]
        return missing.length > 0 ? `✓, without ${missing.join(' and ')}` : '✓'
      }),
    ])
    const head = ['Client', ...upstreams.map(({ model }) => `\`${model}\``)]
    checkSection('docs/server-matrix.md', 'matrix', table([head, ...rows]), 'test/server/matrix.test.ts')
  })
})

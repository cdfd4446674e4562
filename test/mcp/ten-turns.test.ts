import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mcpTools } from '../../src/mcp/index.js'
import { runTools } from '../../src/tools/index.js'
import { models, simulated, user } from '../helpers/simulated.js'

/** An agent of ten turns with three tools of a real MCP server, over stdio, and a simulated model. */

const { sim, client } = simulated()
const mcp = new Client({ name: 'agent', version: '1.0.0' })
beforeAll(async () => {
  const script = fileURLToPath(new URL('server.mjs', import.meta.url))
  const transport = new StdioClientTransport({ command: process.execPath, args: [script] })
  await mcp.connect(transport as Parameters<Client['connect']>[0])
}, 60_000)
afterAll(() => mcp.close())

const count = (article: string) => ({ name: 'stock_count', arguments: { article } })
const take = (article: string, pieces: number) => ({ name: 'move', arguments: { article, pieces } })
const size = { name: 'size', arguments: {} }

describe('an agent of ten turns', () => {
  it.each(models)('takes chairs out one by one and counts them for %s', async (model) => {
    const before = await mcp.callTool(count0)
    const turns = [
      [count('chair')],
      [size],
      [take('chair', 1)],
      [count('chair')],
      [take('chair', 1), size],
      [count('sofa')],
      [take('chair', 1)],
      [count('chair')],
      [size],
    ]
    for (const toolCalls of turns) sim().reply({ toolCalls })
    sim().reply('Done: three chairs are out.')
    const { stock_count, move, size: sized } = await mcpTools(mcp)
    const { text, steps, messages, usage, end } = await runTools(
      client(),
      {
        model,
        max_tokens: 100,
        messages: user('Take three chairs out, and count them.'),
        tools: { ...(stock_count && { stock_count }), ...(move && { move }), ...(sized && { size: sized }) },
      },
      { maxSteps: 12 },
    )
    expect([text, end]).toEqual(['Done: three chairs are out.', 'answer'])
    expect(steps.map(({ calls }) => calls.map(({ name, status }) => `${name}: ${status}`).join())).toEqual([
      'stock_count: done',
      'size: done',
      'move: done',
      'stock_count: done',
      'move: done,size: done',
      'stock_count: failed',
      'move: done',
      'stock_count: done',
      'size: done',
      '',
    ])
    const results = messages.flatMap((message) => (message.role === 'tool' ? [String(message.content)] : []))
    const [had = 0] = /\d+/.exec(JSON.stringify(before.content))?.map(Number) ?? []
    expect(results[0]).toBe(`${had} pieces`)
    expect(results[8]).toBe(`${had - 3} pieces`)
    expect(usage?.completion_tokens).toBeGreaterThan(0)
    expect(sim().requests).toHaveLength(10)
  })
})

const count0 = { name: 'stock.count', arguments: { article: 'chair' } }

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MCPClient, mcpTools } from '../../src/mcp/index.js'
import { runTools } from '../../src/tools/index.js'
import { models, rejection, simulated, user } from '../helpers/simulated.js'

const script = fileURLToPath(new URL('server.mjs', import.meta.url))
const { sim, client } = simulated()
const mcps: Record<string, Client> = {}
let http: ChildProcess

beforeAll(async () => {
  http = spawn(process.execPath, [script, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(http.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const transports = {
    stdio: new StdioClientTransport({ command: process.execPath, args: [script] }),
    http: new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${String(port).trim()}/mcp`)),
  }
  for (const [name, transport] of Object.entries(transports)) {
    const mcp = new Client({ name: 'test', version: '1.0.0' })
    await mcp.connect(transport as Parameters<Client['connect']>[0])
    mcps[name] = mcp
  }
}, 30_000)
afterAll(async () => {
  for (const mcp of Object.values(mcps)) await mcp.close()
  http.kill()
})

const connected = (name: string): Client => {
  const mcp = mcps[name]
  if (!mcp) throw new Error(`${name} is not connected`)
  return mcp
}
const call = (name: string, given: Record<string, unknown> = {}) =>
  sim().reply({ toolCalls: [{ name, arguments: given }] })
const request = { model: 'anthropic/claude-sonnet-4-5', max_tokens: 100, messages: user('How many lamps?') }

describe.each(['stdio', 'http'])('mcpTools() over %s', (transport) => {
  it('has the tools of the server under names that providers accept', async () => {
    const tools = await mcpTools(connected(transport), { prefix: 'shop_' })
    expect(Object.keys(tools)).toEqual([
      'shop_stock_count',
      'shop_move',
      'shop_photo',
      'shop_size',
      'shop_crash',
      'shop_wait',
    ])
    expect(tools.shop_stock_count).toMatchObject({
      description: 'Pieces of an article in stock.',
      parameters: { type: 'object', properties: { article: { type: 'string' } }, required: ['article'] },
    })
  })

  it.each(models)('calls a tool for %s', async (model) => {
    call('stock_count', { article: 'lamp' })
    sim().reply('Three.')
    const { text, steps } = await runTools(client(), { ...request, model, tools: await mcpTools(connected(transport)) })
    expect(text).toBe('Three.')
    expect(steps[0]?.calls[0]).toMatchObject({ status: 'done', name: 'stock_count' })
    expect(JSON.stringify(sim().requests[1]?.body)).toContain('3 pieces')
  })

  it.each(models)('passes images, texts and links of a result on to %s', async (model) => {
    call('photo')
    await runTools(client(), { ...request, model, tools: await mcpTools(connected(transport)) })
    const sent = JSON.stringify(sim().requests[1]?.body)
    for (const part of ['The photo:', 'iVBORw0KGgo', 'seen from above', 'https://example.org/lamp'])
      expect(sent).toContain(part)
  })

  it('hands errors of the server to the model, with their structured content', async () => {
    call('stock_count', { article: 'sofa' })
    call('crash')
    call('stock_count', { piece: 'lamp' })
    const { steps, messages } = await runTools(client(), { ...request, tools: await mcpTools(connected(transport)) })
    expect(steps.map(({ calls: [one] }) => one?.status)).toEqual(['failed', 'failed', 'failed', undefined])
    const contents = messages.flatMap((message) => (message.role === 'tool' ? [message] : []))
    expect(contents[0]).toMatchObject({ content: `No article 'sofa'.\n{"code":"UNKNOWN"}`, is_error: true })
    expect(contents[1]).toMatchObject({ content: 'the shelf fell', is_error: true })
    expect(String(contents[2]?.content)).toMatch(/article/)
  })

  it('does not repeat structured content that a text has', async () => {
    call('size')
    const { messages } = await runTools(client(), { ...request, tools: await mcpTools(connected(transport)) })
    expect(messages.find(({ role }) => role === 'tool')?.content).toBe('{ "width": 5 }')
  })

  it('ends a call that takes too long', async () => {
    call('wait')
    const { steps } = await runTools(client(), {
      ...request,
      tools: await mcpTools(connected(transport), { timeout: 50 }),
    })
    expect(steps[0]?.calls[0]).toMatchObject({ status: 'failed', error: expect.stringMatching(/timed out/i) })
  })

  it('asks for the approval of chosen tools', async () => {
    call('move', { article: 'lamp', pieces: 3 })
    const tools = await mcpTools(connected(transport), { needsApproval: ({ name }) => name === 'move' })
    const { steps } = await runTools(client(), { ...request, tools }, { approve: () => 'not today' })
    expect(steps[0]?.calls[0]).toMatchObject({ status: 'denied' })
  })
})

describe('mcpTools()', () => {
  it('reads all pages of the list, and keeps equal and long names apart', async () => {
    const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })
    const pages = [[tool('a.b'), tool('a b')], [tool('x'.repeat(80))], [tool(`${'x'.repeat(80)}y`)]]
    const mcp: MCPClient = {
      async listTools({ cursor = '0' } = {}) {
        const next = Number(cursor) + 1
        return { tools: pages[Number(cursor)] ?? [], ...(next < pages.length && { nextCursor: String(next) }) }
      },
      callTool: async ({ name }) => ({ content: [{ type: 'text', text: name }] }),
    }
    const tools = await mcpTools(mcp)
    expect(Object.keys(tools)).toEqual(['a_b', 'a_b_2', 'x'.repeat(64), `${'x'.repeat(62)}_2`])
  })

  it('rejects what is no client', async () => {
    expect(((await rejection(mcpTools({} as never))) as Error).message).toBe(
      'The first argument of mcpTools() must be a client of @modelcontextprotocol/sdk; got an object.',
    )
  })
})

// An agent that works with the tools of an MCP server: ten turns, with approval, errors and the cost of all of them.
// Run: node examples/mcp-agent.mjs

import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { createClient } from 'llmux'
import { mcpTools } from 'llmux/mcp'
import { startSimulator } from 'llmux/testing'
import { streamTools } from 'llmux/tools'

const mcp = new Client({ name: 'agent', version: '1.0.0' })
const server = fileURLToPath(new URL('mcp-server.mjs', import.meta.url))
await mcp.connect(new StdioClientTransport({ command: process.execPath, args: [server] }))

// a real model decides by itself; the simulator follows a plan of ten turns
const plan = [
  ['list', {}],
  ['count', { article: 'lamp' }],
  ['count', { article: 'chair' }],
  ['count', { article: 'sofa' }],
  ['count', { article: 'table' }],
  ['move', { article: 'chair', pieces: 2 }],
  ['count', { article: 'chair' }],
  ['move', { article: 'table', pieces: 1 }],
  ['count', { article: 'table' }],
]
const real = process.env.AGENT_BASE
const simulator = real ? undefined : await startSimulator()
for (const [name, args] of simulator ? plan : []) simulator.reply({ toolCalls: [{ name, arguments: args }] })
simulator?.reply('Two chairs were taken out; the table was kept.')

const client = createClient({ providers: { openai: { apiBase: real ?? simulator.openaiBase, apiKey: 'any' } } })
const run = streamTools(
  client,
  {
    model: process.env.AGENT_MODEL ?? 'openai/gpt-4o-mini',
    messages: [
      { role: 'user', content: 'Take two chairs and the table out of the warehouse. Count before and after.' },
    ],
    tools: await mcpTools(mcp, { needsApproval: ({ name }) => name === 'move' }),
  },
  { maxSteps: 15, maxCost: 0.5, approve: ({ input }) => input.article !== 'table' || 'the table stays here' },
)
for await (const event of run) {
  if (event.type !== 'tool_result') continue
  const { name, input, status, output, error } = event.call
  console.log(`${event.step + 1}. ${name}(${JSON.stringify(input)}): ${status}, ${error ?? output.content}`)
}
const { text, steps, cost } = await run.final()
console.log(`${text}\n${steps.length} turns, $${cost?.toFixed(6)}`)

await mcp.close()
await client.close()
await simulator?.close()

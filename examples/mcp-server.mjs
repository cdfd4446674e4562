// An MCP server with three tools, over stdio. The agent of mcp-agent.mjs starts it.
// Run: node examples/mcp-server.mjs

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'

const stock = { lamp: 3, chair: 12, table: 1 }
const server = new McpServer({ name: 'warehouse', version: '1.0.0' })
const text = (value) => ({ content: [{ type: 'text', text: String(value) }] })

server.registerTool('list', { description: 'Articles of the warehouse.', inputSchema: {} }, () =>
  text(Object.keys(stock).join(', ')),
)
server.registerTool(
  'count',
  { description: 'Pieces of an article.', inputSchema: { article: z.string() } },
  ({ article }) => {
    if (!(article in stock)) return { ...text(`Unknown article '${article}'.`), isError: true }
    return text(stock[article])
  },
)
server.registerTool(
  'move',
  { description: 'Takes pieces out.', inputSchema: { article: z.string(), pieces: z.number().int().positive() } },
  ({ article, pieces }) => {
    stock[article] -= pieces
    return text(`${stock[article]} left`)
  },
)

await server.connect(new StdioServerTransport())

// An MCP server for tests: over stdio, or over streamable HTTP if a port is given. node server.mjs [port]
import { createServer } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

function makeServer() {
  const server = new McpServer({ name: 'warehouse', version: '1.0.0' })
  const stock = new Map([
    ['lamp', 3],
    ['chair', 12],
  ])
  server.registerTool(
    'stock.count',
    { title: 'Stock', description: 'Pieces of an article in stock.', inputSchema: { article: z.string() } },
    async ({ article }) => {
      if (!stock.has(article)) {
        return {
          content: [{ type: 'text', text: `No article '${article}'.` }],
          structuredContent: { code: 'UNKNOWN' },
          isError: true,
        }
      }
      return { content: [{ type: 'text', text: `${stock.get(article)} pieces` }] }
    },
  )
  server.registerTool(
    'move',
    { description: 'Takes pieces out.', inputSchema: { article: z.string(), pieces: z.number().int() } },
    async ({ article, pieces }) => {
      stock.set(article, (stock.get(article) ?? 0) - pieces)
      return { content: [{ type: 'text', text: `${stock.get(article)} left` }] }
    },
  )
  server.registerTool('photo', { description: 'A photo of an article.', inputSchema: {} }, async () => ({
    content: [
      { type: 'text', text: 'The photo:' },
      { type: 'image', data: pixel, mimeType: 'image/png' },
      { type: 'resource', resource: { uri: 'file:///a/note.txt', mimeType: 'text/plain', text: 'seen from above' } },
      { type: 'resource_link', uri: 'https://example.org/lamp', name: 'lamp', description: 'the page' },
    ],
  }))
  server.registerTool(
    'size',
    { description: 'Size of an article.', inputSchema: {}, outputSchema: { width: z.number() } },
    async () => ({ content: [{ type: 'text', text: '{ "width": 5 }' }], structuredContent: { width: 5 } }),
  )
  server.registerTool('crash', { inputSchema: {} }, async () => {
    throw new Error('the shelf fell')
  })
  server.registerTool('wait', { inputSchema: {} }, () => new Promise(() => {}))
  return server
}

const port = process.argv[2]
if (port === undefined) await makeServer().connect(new StdioServerTransport())
else {
  const http = createServer(async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
    response.on('close', () => transport.close())
    await makeServer().connect(transport)
    await transport.handleRequest(request, response)
  })
  http.listen(Number(port), '127.0.0.1', () => console.log(http.address().port))
}

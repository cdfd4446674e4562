import { BadRequestError, got } from '../errors.js'
import type { JSONSchema } from '../types/schema.js'
import { contentOf } from './content.js'
import type { MCPClient, MCPTool, MCPToolSet, MCPToolsOptions } from './types.js'

export type * from './types.js'

const defaultTimeout = 60_000
/** Longest name of a function that all providers accept. */
const longestName = 64

/**
 * The tools of an MCP server, for `runTools()`: texts, images and files of their results go to the model, and errors as errors. The client is
 * yours: connect it before, and close it after the last run.
 * @throws {BadRequestError} if the first argument is no client
 * @example
 * const mcp = new Client({ name: 'app', version: '1' })
 * await mcp.connect(new StdioClientTransport({ command: 'my-server' }))
 * const { text } = await runTools(client, { model, messages, tools: await mcpTools(mcp) })
 */
export async function mcpTools(client: MCPClient, options: MCPToolsOptions = {}): Promise<MCPToolSet> {
  if (typeof client?.listTools !== 'function' || typeof client.callTool !== 'function') {
    throw new BadRequestError(
      `The first argument of mcpTools() must be a client of @modelcontextprotocol/sdk; ${got(client)}.`,
    )
  }
  const { prefix = '', filter, needsApproval, timeout = defaultTimeout, signal } = options
  const tools: MCPToolSet = {}
  for await (const tool of list(client, signal)) {
    if (filter && !filter(tool)) continue
    const description = tool.description ?? tool.title
    tools[nameFor(`${prefix}${tool.name}`, tools)] = {
      parameters: tool.inputSchema as JSONSchema,
      ...(description !== undefined && { description }),
      ...(needsApproval?.(tool) && { needsApproval: true }),
      async execute(input, context) {
        const given = { name: tool.name, arguments: input }
        const limits = { signal: context.signal, timeout, resetTimeoutOnProgress: true }
        return contentOf(await client.callTool(given, undefined, limits))
      },
    }
  }
  return tools
}

async function* list(client: MCPClient, signal: AbortSignal | undefined): AsyncGenerator<MCPTool> {
  const seen = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor }, signal ? { signal } : {})
    yield* page.tools
    cursor = page.nextCursor
    // a server that repeats a page would never end
    if (cursor !== undefined && seen.has(cursor)) return
    if (cursor !== undefined) seen.add(cursor)
  } while (cursor !== undefined)
}

/** A name that providers accept, unique among the tools so far. */
function nameFor(given: string, tools: MCPToolSet): string {
  const plain = given.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, longestName) || 'tool'
  let name = plain
  for (let count = 2; Object.hasOwn(tools, name); count++) {
    const end = `_${count}`
    name = plain.slice(0, longestName - end.length) + end
  }
  return name
}

import type { RunnableTool } from '../tools/types.js'
import type { JSONSchema } from '../types/schema.js'

/** A connected client of `@modelcontextprotocol/sdk`, as far as {@link mcpTools} uses it. */
export interface MCPClient {
  /** Lists tools, a page at a time. */
  listTools(params?: { cursor?: string }, options?: { signal?: AbortSignal }): Promise<MCPToolPage>
  /** Calls a tool. */
  callTool(
    params: { name: string; arguments?: Record<string, unknown> },
    schema?: undefined,
    options?: { signal?: AbortSignal; timeout?: number; resetTimeoutOnProgress?: boolean },
  ): Promise<object>
}

/** A page of a list of tools. */
export interface MCPToolPage {
  /** The tools. */
  readonly tools: readonly MCPTool[]
  /** Position of the next page. */
  readonly nextCursor?: string | undefined
}

/** A tool of a server. */
export interface MCPTool {
  /** Name, unique in its server. */
  readonly name: string
  /** Name for people. */
  readonly title?: string | undefined
  /** Purpose of the tool. */
  readonly description?: string | undefined
  /** JSON Schema of the input. */
  readonly inputSchema: object
  /** Hints about the behaviour of the tool. Only those of a trusted server mean something. */
  readonly annotations?:
    | { readonly readOnlyHint?: boolean | undefined; readonly destructiveHint?: boolean | undefined }
    | undefined
}

/** Options of {@link mcpTools}. */
export interface MCPToolsOptions {
  /** Text in front of the names, to keep tools of several servers apart. @default none */
  prefix?: string | undefined
  /** Chooses tools. @default all */
  filter?: ((tool: MCPTool) => boolean) | undefined
  /** Tools that need the approval of `runTools({ approve })`. @default none */
  needsApproval?: ((tool: MCPTool) => boolean) | undefined
  /** Time after which a call has failed, in milliseconds. Progress of the server starts it again. @default 60_000 */
  timeout?: number | undefined
  /** Aborts the listing. */
  signal?: AbortSignal | undefined
}

/** Tools of a server, for `runTools({ tools })`. */
export type MCPToolSet = Record<string, RunnableTool<JSONSchema, unknown>>

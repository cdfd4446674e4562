import { type Fields, isFields } from './wire.js'

/**
 * Beta flags, only where a feature is refused without one: hosts refuse flags that they don't know. What became general
 * (web search and fetch, code execution, tool search, structured outputs, effort) needs none, as recorded traffic shows.
 * https://platform.claude.com/docs/en/api/beta-headers
 */
export const betas = Object.freeze({
  files: 'files-api-2025-04-14',
  mcp: 'mcp-client-2025-04-04',
})

const byTool: ReadonlyMap<string, string> = new Map([
  ['computer_20241022', 'computer-use-2024-10-22'],
  ['text_editor_20241022', 'computer-use-2024-10-22'],
  ['bash_20241022', 'computer-use-2024-10-22'],
  ['computer_20250124', 'computer-use-2025-01-24'],
  ['computer_20251124', 'computer-use-2025-11-24'],
  ['code_execution_20250522', 'code-execution-2025-05-22'],
  ['mcp_toolset', 'mcp-client-2025-11-20'],
  ['advisor_20260301', 'advisor-tool-2026-03-01'],
])

export const betaOfTool = (type: unknown): string | undefined =>
  typeof type === 'string' ? byTool.get(type) : undefined

/** The flags that fields of the body need, beside those of tools and files. */
export function betasOfBody(body: Fields): string[] {
  const flags: string[] = []
  const { context_management: context, mcp_servers: servers, output_config: output } = body
  if (isFields(context)) {
    const edits = Array.isArray(context.edits) ? context.edits.filter(isFields) : []
    const compacts = edits.some(({ type }) => type === 'compact_20260112')
    if (compacts) flags.push('compact-2026-01-12')
    if (!compacts || edits.length > 1) flags.push('context-management-2025-06-27')
  }
  const tools = Array.isArray(body.tools) ? body.tools.filter(isFields) : []
  // a toolset is the newer way to use the same servers, and its flag replaces the older one
  if (servers && !tools.some(({ type }) => type === 'mcp_toolset')) flags.push(betas.mcp)
  if (body.output_format) flags.push('structured-outputs-2025-11-13')
  if (body.speed === 'fast') flags.push('fast-mode-2026-02-01')
  if (body.fallbacks) flags.push('server-side-fallback-2026-07-01')
  if (isFields(output) && output.task_budget) flags.push('task-budgets-2026-03-13')
  if (isFields(body.thinking) && body.thinking.block_binding) flags.push('thinking-binding-controls-2026-08-01')
  return flags
}

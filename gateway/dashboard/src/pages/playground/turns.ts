import type { Answer, ChatMessage } from './stream.ts'

/** The result of a tool. */
export interface ToolResult {
  readonly id: string
  readonly text: string
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'tool'
  readonly content: string
  readonly images?: readonly string[]
  readonly results?: readonly ToolResult[]
  readonly answer?: Answer
  readonly error?: string
}

/** The messages of a chat. Calls of tools without results are left out, since providers refuse them. */
export function messagesOf(system: string, turns: readonly Turn[]): ChatMessage[] {
  const messages = turns.flatMap((turn, index): ChatMessage[] => {
    const { role, content, images = [], results = [], answer } = turn
    if (role === 'tool') return results.map(({ id, text }) => ({ role, tool_call_id: id, content: text }))
    if (role === 'assistant') {
      const calls = turns[index + 1]?.role === 'tool' ? (answer?.toolCalls ?? []) : []
      if (content === '' && calls.length === 0) return []
      const tool_calls = calls.map(({ id, name, arguments: input }) => ({
        id,
        type: 'function',
        function: { name, arguments: input },
      }))
      return [{ role, content: content || null, ...(calls.length > 0 && { tool_calls }) }]
    }
    if (images.length === 0) return [{ role, content }]
    const parts = images.map((url) => ({ type: 'image_url', image_url: { url } }))
    return [{ role, content: [{ type: 'text', text: content }, ...parts] }]
  })
  return system.trim() === '' ? messages : [{ role: 'system', content: system }, ...messages]
}

import { toolResult } from '../tools/tool.js'
import type { ToolResultContent } from '../tools/types.js'
import type { ToolResultPart } from '../types/messages.js'

type Fields = Readonly<Record<string, unknown>>

/**
 * The result of an MCP tool as content for the model: texts, images and files in their order. Structured content is added if no text has it,
 * also to errors.
 */
export function contentOf(result: object): ToolResultContent {
  const { content, structuredContent, isError, toolResult: older } = result as Fields
  // servers before the revision of 2024-11-05
  if (content === undefined && older !== undefined) return toolResult({ content: JSON.stringify(older) })
  const parts = (Array.isArray(content) ? content : []).flatMap((block) => partsOf(block as Fields))
  if (structuredContent !== undefined) {
    const text = JSON.stringify(structuredContent)
    if (!parts.some((part) => part.type === 'text' && sameJSON(part.text, text))) parts.push({ type: 'text', text })
  }
  if (parts.length === 0) parts.push({ type: 'text', text: isError === true ? 'The tool reported an error.' : 'Done.' })
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  return toolResult({
    content: texts.length === parts.length ? texts.join('\n') : parts,
    ...(isError === true && { isError }),
  })
}

/** Servers repeat structured content as text, with other white space. */
function sameJSON(text: string, json: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === json
  } catch {
    return false
  }
}

function partsOf(block: Fields): ToolResultPart[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'text', text: String(block.text ?? '') }]
    case 'image':
      return [image(block.mimeType, block.data)]
    case 'resource':
      return resource((block.resource ?? {}) as Fields)
    case 'resource_link':
      return [{ type: 'text', text: linkText(block) }]
    case 'audio':
      return [{ type: 'text', text: `[audio, ${String(block.mimeType)}: not supported in the result of a tool]` }]
    default:
      return [{ type: 'text', text: JSON.stringify(block) }]
  }
}

const image = (mimeType: unknown, data: unknown): ToolResultPart => ({
  type: 'image_url',
  image_url: { url: `data:${String(mimeType ?? 'image/png')};base64,${String(data ?? '')}` },
})

function resource({ uri, mimeType, text, blob }: Fields): ToolResultPart[] {
  if (typeof text === 'string') return [{ type: 'text', text }]
  if (typeof blob !== 'string') return []
  if (typeof mimeType === 'string' && mimeType.startsWith('image/')) return [image(mimeType, blob)]
  const type = typeof mimeType === 'string' ? mimeType : 'application/octet-stream'
  const filename =
    String(uri ?? 'file')
      .split('/')
      .at(-1) || 'file'
  return [{ type: 'file', file: { file_data: `data:${type};base64,${blob}`, filename } }]
}

const linkText = ({ uri, name, description }: Fields): string =>
  [`[${String(name ?? 'resource')}](${String(uri)})`, ...(description ? [String(description)] : [])].join(': ')

/** A chat request in provider-neutral form: the input of the simulated model. */
export interface Conversation {
  /** The text of the last user message. */
  readonly userText: string
  /** The images of the last user message. */
  readonly images: readonly SeenImage[]
  /** Tool results since the last assistant message. */
  readonly toolResults: readonly SeenToolResult[]
  readonly tools: readonly SeenTool[]
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string }
  /** The answer must be JSON, matching this schema if present. */
  readonly json: { readonly schema: unknown } | undefined
  readonly reasons: boolean
  /** Number of choices requested. */
  readonly choices: number
  readonly maxTokens: number | undefined
  readonly stops: readonly string[]
  readonly prompt: PromptTokens
}

/** Prompt tokens in disjoint buckets. */
export interface PromptTokens {
  readonly fresh: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
}

export type SeenImage =
  | { readonly kind: 'data'; readonly mediaType: string; readonly bytes: number }
  | { readonly kind: 'url'; readonly host: string }
  | { readonly kind: 'file'; readonly id: string }

export interface SeenTool {
  readonly name: string
  readonly schema: unknown
}

export interface SeenToolResult {
  readonly name: string
  readonly text: string
}

/** An image, by its URL. */
export function seeImage(url: string): SeenImage {
  const data = /^data:([^;,]*)[^,]*,/.exec(url)
  if (data) return { kind: 'data', mediaType: data[1] || 'unknown', bytes: base64Bytes(url.slice(data[0].length)) }
  return { kind: 'url', host: URL.canParse(url) ? new URL(url).host : url }
}

export function base64Bytes(base64: string): number {
  return Buffer.byteLength(base64, 'base64')
}

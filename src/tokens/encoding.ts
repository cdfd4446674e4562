import { BadRequestError } from '../errors.js'
import { slicesOf } from './slices.js'

export type EncodingName = 'o200k_base' | 'cl100k_base'

/** A tokenizer of tiktoken, made safe for any text. */
export interface Encoding {
  readonly name: EncodingName
  /** Number of tokens, computed without yielding: only for slices and other short texts. */
  raw(text: string): number
  encode(text: string): Uint32Array
  decode(tokens: Uint32Array): string
}

/** Read-only tables, 50 to 80 MB each once in wasm: shared by the whole process, like any module. */
const loading = new Map<EncodingName, Promise<Encoding>>()

/**
 * Loads an encoding on first use and caches it. Takes 0.2 s, mostly blocking, since tiktoken builds its table
 * synchronously.
 */
export const loadEncoding = (name: EncodingName): Promise<Encoding> => {
  const known = loading.get(name)
  if (known) return known
  const made = make(name).catch((error: unknown) => {
    loading.delete(name)
    throw error
  })
  loading.set(name, made)
  return made
}

const isMissing = (error: unknown): boolean => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}

interface Table {
  readonly bpe_ranks: string
  readonly special_tokens: Record<string, number>
  readonly pat_str: string
}

/** The `default` of a CommonJS module is the table itself or, after a bundler's interop, an object that contains it. */
const unwrap = (found: { readonly default: Table | { readonly default: Table } }): Table =>
  'bpe_ranks' in found.default ? found.default : found.default.default

/**
 * Literal specifiers let bundlers find the files, and `await` in a `try` marks them as optional
 * (docs/architecture.md, "Dependencies"). The `lite` build carries no tables of its own.
 */
const make = async (name: EncodingName): Promise<Encoding> => {
  try {
    const { Tiktoken } = await import('tiktoken/lite')
    const table =
      name === 'o200k_base'
        ? await import('tiktoken/encoders/o200k_base')
        : await import('tiktoken/encoders/cl100k_base')
    const { bpe_ranks, special_tokens, pat_str } = unwrap(table)
    const encoder = new Tiktoken(bpe_ranks, special_tokens, pat_str)
    const utf8 = new TextDecoder()
    return {
      name,
      raw: (text) => encoder.encode_ordinary(text).length,
      encode: (text) => join(text, (part) => encoder.encode_ordinary(part)),
      decode: (tokens) => utf8.decode(encoder.decode(tokens)),
    }
  } catch (cause) {
    throw new BadRequestError(
      isMissing(cause)
        ? "Exact token counts need the package 'tiktoken'. Install it with 'npm install tiktoken', or use estimateTokens()."
        : `The tokenizer ${name} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}. If ` +
            'your application is bundled, install the package tiktoken and keep it external, because it reads a .wasm ' +
            'file beside itself. estimateTokens() works without it.',
      { cause },
    )
  }
}

const join = (text: string, encode: (part: string) => Uint32Array): Uint32Array => {
  const parts: Uint32Array[] = []
  let length = 0
  for (const { start, end } of slicesOf(text)) {
    const tokens = encode(text.slice(start, end))
    parts.push(tokens)
    length += tokens.length
  }
  const whole = new Uint32Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

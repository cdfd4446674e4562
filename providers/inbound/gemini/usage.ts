import type { Usage } from '../../../src/types/usage.js'
import type { UsageMetadata } from './wire.js'

/**
 * Usage as Gemini counts it: thoughts are not part of the candidates' tokens.
 * https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function encodeUsage(usage: Usage): UsageMetadata {
  const { prompt_tokens_details: into, completion_tokens_details: out } = usage
  const thoughts = out?.reasoning_tokens
  const candidates = Math.max(usage.completion_tokens - (thoughts ?? 0), 0)
  const read = modalities(into)
  const written = modalities(out)
  return {
    promptTokenCount: usage.prompt_tokens,
    candidatesTokenCount: candidates,
    totalTokenCount: usage.total_tokens,
    ...(into?.cached_tokens !== undefined && { cachedContentTokenCount: into.cached_tokens }),
    ...(thoughts !== undefined && { thoughtsTokenCount: thoughts }),
    ...(read.length > 0 && { promptTokensDetails: read }),
    ...(written.length > 0 && { candidatesTokensDetails: written }),
  }
}

const kinds = [
  ['TEXT', 'text_tokens'],
  ['IMAGE', 'image_tokens'],
  ['AUDIO', 'audio_tokens'],
] as const

function modalities(
  details: { text_tokens?: number; image_tokens?: number; audio_tokens?: number } | undefined,
): { modality: string; tokenCount: number }[] {
  return kinds.flatMap(([modality, field]) => {
    const tokenCount = details?.[field]
    return tokenCount ? [{ modality, tokenCount }] : []
  })
}

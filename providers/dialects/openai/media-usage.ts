import type { Usage } from '../../../src/types/chat.js'
import type { MediaUsage } from '../../../src/types/usage.js'
import { countIn, type Fields, isFields } from '../../fields.js'
import { costOf } from './usage.js'

/**
 * Usage of images and audio as hosts report it: tokens with their kinds, seconds of audio, or a cost. Undefined if it has none of them.
 * https://platform.openai.com/docs/api-reference/images/object, https://docs.mistral.ai/capabilities/audio
 * @param output kind of the answer's tokens, for hosts that don't split them
 */
export function mediaUsage(raw: unknown, output: 'image' | 'text'): MediaUsage | undefined {
  if (!isFields(raw)) return undefined
  const cost = costOf(raw)
  // Mistral counts seconds beside tokens
  const seconds = raw.type === 'duration' ? countIn(raw, 'seconds') : countIn(raw, 'prompt_audio_seconds')
  const usage: MediaUsage = {
    ...tokensOf(raw, output),
    ...(seconds !== undefined && { input_audio_seconds: seconds }),
    ...(cost !== undefined && { cost }),
  }
  return Object.keys(usage).length > 0 ? usage : undefined
}

function tokensOf(raw: Fields, kind: 'image' | 'text'): Usage | undefined {
  const input = countIn(raw, 'input_tokens') ?? countIn(raw, 'prompt_tokens')
  const output = countIn(raw, 'output_tokens') ?? countIn(raw, 'completion_tokens')
  if (input === undefined || output === undefined || input + output === 0) return undefined
  const into = kindsIn(raw.input_tokens_details ?? raw.input_token_details ?? raw.prompt_tokens_details)
  const split = kindsIn(raw.output_tokens_details ?? raw.output_token_details ?? raw.completion_tokens_details)
  const out = split ?? (kind === 'image' ? { image_tokens: output } : undefined)
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(into && { prompt_tokens_details: into }),
    ...(out && { completion_tokens_details: out }),
  }
}

const kinds = ['text_tokens', 'image_tokens', 'audio_tokens', 'cached_tokens', 'reasoning_tokens'] as const

function kindsIn(details: unknown): Record<string, number> | undefined {
  if (!isFields(details)) return undefined
  const found = kinds.flatMap((name) => {
    const count = countIn(details, name)
    return count === undefined ? [] : [[name, count] as const]
  })
  return found.length > 0 ? Object.fromEntries(found) : undefined
}

/** Adds up the usages of several images. */
export function addUsage(one: MediaUsage | undefined, other: MediaUsage | undefined): MediaUsage | undefined {
  return one && other ? (sum(one as Fields, other as Fields) as MediaUsage) : (one ?? other)
}

function sum(one: Fields, other: Fields): Fields {
  const total: Fields = { ...one }
  for (const [name, value] of Object.entries(other)) {
    const before = total[name]
    if (typeof value === 'number') total[name] = (typeof before === 'number' ? before : 0) + value
    else if (isFields(value)) total[name] = sum(isFields(before) ? before : {}, value)
  }
  return total
}

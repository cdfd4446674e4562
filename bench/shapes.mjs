// The sizes of everything that is sent.
export const CHUNKS = 1000
export const INPUTS = 64
export const DIMENSIONS = 1536

const words = 'the quick brown fox jumps over a lazy dog while seven wizards measure latency in microseconds '
export const TEXT = words.repeat(7).slice(0, 600)

export const messages = [
  { role: 'system', content: words.repeat(3) },
  { role: 'user', content: words.repeat(4) },
  { role: 'assistant', content: words.repeat(3) },
  { role: 'user', content: words.repeat(3) },
]
export const inputs = Array.from({ length: INPUTS }, (_, at) => `${at} ${words}`)

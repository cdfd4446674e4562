import { readFileSync } from 'node:fs'
import type { BillableUsage, CostRequest } from '../../pricing/index.js'

/** A line of `cases.tsv`. */
export interface Case {
  title: string
  request: CostRequest
  /** US dollars, or the reason why there is no price. */
  expected: number | string
}

/** Time of the cases without a date. */
const today = '2026-11-22T12:00:00Z'

export function cases(): Case[] {
  const lines = readFileSync(new URL('./cases.tsv', import.meta.url), 'utf8').split('\n')
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [model = '', usage = '', terms = '', expected = '', shows = ''] = line.split('\t')
      const dollars = Number(expected)
      return {
        title: `${model} ${terms === '-' ? '' : `${terms} `}(${shows})`,
        request: { at: today, ...termsOf(terms), model, usage: usageOf(usage) },
        expected: Number.isNaN(dollars) ? expected : dollars,
      }
    })
}

const pairs = (text: string): [string, string][] =>
  text === '-'
    ? []
    : text.split(' ').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])

const termsOf = (text: string): Partial<CostRequest> =>
  Object.fromEntries(pairs(text).map(([name, value]) => [name, value === 'true' ? true : value]))

function usageOf(text: string): BillableUsage | null {
  if (text === '-') return null
  const nothing = text.includes('null')
  const count = Object.fromEntries(pairs(text).map(([name, value]) => [name, Number(value)]))
  const {
    in: input = 0,
    out = 0,
    read,
    write,
    w5,
    w1h,
    w12h,
    audio,
    image,
    think,
    say,
    search,
    units,
    pictures,
  } = count
  const lifetimes = [w5, w1h, w12h].filter((tokens) => tokens !== undefined)
  return {
    prompt_tokens: input,
    completion_tokens: out,
    total_tokens: input + out,
    prompt_tokens_details: nothing
      ? null
      : {
          cached_tokens: read,
          cache_creation_tokens: write ?? (lifetimes.length === 0 ? undefined : (w5 ?? 0) + (w1h ?? 0) + (w12h ?? 0)),
          ...(lifetimes.length > 0 && {
            cache_creation_token_details: {
              ephemeral_5m_input_tokens: w5,
              ephemeral_1h_input_tokens: w1h,
              ephemeral_12h_input_tokens: w12h,
            },
          }),
          audio_tokens: audio,
          image_tokens: image,
        },
    completion_tokens_details: nothing ? null : { reasoning_tokens: think, audio_tokens: say },
    ...(search === undefined ? {} : { server_tool_use: { web_search_requests: search } }),
    search_units: units,
    input_images: pictures,
  }
}

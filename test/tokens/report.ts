import { countTokensLocally, estimateTokens } from '../../src/tokens/index.js'
import { scanTokens } from '../../src/tokens/scan.js'
import type { TokenCount } from '../../src/tokens/types.js'
import { type Sample, samples } from './samples.js'

/** A recorded call beside what we made of it. */
export interface Judged {
  readonly sample: Sample
  readonly count: TokenCount
  readonly estimate: TokenCount
}

/**
 * Calls with images, files, tools of the provider's own and the like are not counted here, but in a group of their
 * own.
 */
export const isPlain = ({ request, provider }: Sample): boolean =>
  !hosts.has(provider) &&
  (request.tools ?? []).every((tool) => tool.type === 'function' && 'function' in tool) &&
  extras.every((field) => request[field] === undefined) &&
  request.messages.every(
    ({ content }) => !Array.isArray(content) || content.every(({ type }) => type === 'text' || type === 'thinking'),
  )

/**
 * Whether the recorded usage can be that of the recorded request: no tokenizer makes fewer than half as many tokens
 * of a text. It can't where a test suite replaced one of the two, or usage leaves out what was cached.
 */
export const isSound = ({ request, prompt }: Sample): boolean => {
  const texts = request.messages.flatMap(({ content }) =>
    Array.isArray(content) ? content.map((part) => (part as { text?: unknown } | null)?.text) : [content as unknown],
  )
  const tokens = texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? scanTokens(text) : 0), 0)
  return prompt * 2 > tokens
}

/** Hosts that put a prompt of their own before the caller's (Venice: some 950 tokens). */
const hosts: ReadonlySet<string> = new Set(['venice'])

/** What adds to a prompt on the server. */
const extras = [
  'web_search_options',
  'plugins',
  'documents',
  'mcp_servers',
  'container',
  'search_parameters',
  'venice_parameters',
]

export async function judge(folder: string): Promise<Judged[]> {
  const out: Judged[] = []
  for (const sample of samples(folder)) {
    out.push({
      sample,
      count: await countTokensLocally(sample.request),
      estimate: estimateTokens(sample.request),
    })
  }
  return out
}

/**
 * A share of the tokens that the provider counted, or of 100 tokens where it counted fewer: the few dozen that a host
 * adds would be 500 % of a prompt that says "Hi", and mean nothing.
 */
export const errorOf = (tokens: number, { prompt }: Sample): number => Math.abs(tokens - prompt) / Math.max(prompt, 100)

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** The value that `share` of the values do not pass. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
}

/** Errors of one family, over its calls with or without tools, tool calls or a schema. */
export interface Line {
  readonly family: string
  readonly tools: boolean
  readonly samples: number
  readonly count: { readonly median: number; readonly p95: number }
  readonly scan: { readonly median: number; readonly p95: number }
}

const toolReasons = /^tool|schema/

export const hasTools = ({ estimate }: Judged): boolean => estimate.reasons.some((reason) => toolReasons.test(reason))

export const linesOf = (judged: readonly Judged[]): Line[] => {
  const groups = new Map<string, Judged[]>()
  for (const one of judged) {
    const key = `${one.count.family}${hasTools(one) ? ' tools' : ''}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups].sort().map(([key, group]) => ({
    family: key.replace(' tools', ''),
    tools: key.endsWith(' tools'),
    samples: group.length,
    count: spread(group.map(({ count, sample }) => errorOf(count.tokens, sample))),
    scan: spread(group.map(({ estimate, sample }) => errorOf(estimate.tokens, sample))),
  }))
}

const spread = (errors: readonly number[]) => ({ median: quantile(errors, 0.5), p95: quantile(errors, 0.95) })

export const tableOf = (lines: readonly Line[]): string =>
  [
    'family                   calls  count: median      p95  characters: median      p95',
    ...lines.map(({ family, tools, samples, count, scan }) =>
      [
        `${family}${tools ? ' + tools' : ''}`.padEnd(24),
        String(samples).padStart(5),
        percent(count.median).padStart(14),
        percent(count.p95).padStart(8),
        percent(scan.median).padStart(19),
        percent(scan.p95).padStart(8),
      ].join(' '),
    ),
  ].join('\n')

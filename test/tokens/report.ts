import { countTokensLocally, estimateTokens, type TokenCount } from '../../src/tokens/index.js'
import { type Sample, samples } from './samples.js'

/** A recorded call beside what we made of it. */
export interface Judged {
  readonly sample: Sample
  readonly count: TokenCount
  readonly estimate: TokenCount
}

/** Calls with images, files, tools of the provider's own and the like are not counted here, but in a group of their own. */
export const isPlain = ({ request, provider }: Sample): boolean =>
  !hosts.has(provider) &&
  (request.tools ?? []).every((tool) => tool.type === 'function' && 'function' in tool) &&
  extras.every((field) => request[field] === undefined) &&
  request.messages.every(
    ({ content }) => !Array.isArray(content) || content.every(({ type }) => type === 'text' || type === 'thinking'),
  )

/** Hosts that put a prompt of their own before the caller's (Venice: some 950 tokens). */
const hosts: ReadonlySet<string> = new Set(['venice'])

/** What adds to a prompt on the server. */
const extras = ['web_search_options', 'plugins', 'documents', 'mcp_servers', 'container', 'search_parameters', 'venice_parameters']

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

export const errorOf = (tokens: number, { prompt }: Sample): number => Math.abs(tokens - prompt) / prompt

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** The value that `share` of the values do not pass. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
}

export interface Line {
  readonly family: string
  readonly samples: number
  readonly count: { readonly median: number; readonly p95: number }
  readonly scan: { readonly median: number; readonly p95: number }
}

export const linesOf = (judged: readonly Judged[]): Line[] => {
  const groups = new Map<string, Judged[]>()
  for (const one of judged) groups.set(one.count.family, [...(groups.get(one.count.family) ?? []), one])
  return [...groups].sort().map(([family, group]) => {
    const count = group.map(({ count, sample }) => errorOf(count.tokens, sample))
    const scan = group.map(({ estimate, sample }) => errorOf(estimate.tokens, sample))
    return {
      family,
      samples: group.length,
      count: { median: quantile(count, 0.5), p95: quantile(count, 0.95) },
      scan: { median: quantile(scan, 0.5), p95: quantile(scan, 0.95) },
    }
  })
}

export const tableOf = (lines: readonly Line[]): string =>
  [
    'family          calls  count: median      p95  characters: median      p95',
    ...lines.map(({ family, samples, count, scan }) =>
      [
        family.padEnd(14),
        String(samples).padStart(6),
        percent(count.median).padStart(14),
        percent(count.p95).padStart(8),
        percent(scan.median).padStart(19),
        percent(scan.p95).padStart(8),
      ].join(' '),
    ),
  ].join('\n')

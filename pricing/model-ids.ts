/**
 * Spellings of a model id: prefixes and suffixes that are not part of the name are removed one at a time, most specific first.
 */

export interface Spelling {
  readonly id: string
  /** Geography of a Bedrock inference profile, an Azure data zone or a Vertex location: `global`, `us`, `eu`, … */
  readonly region?: string | undefined
}

/** Returns the id without the part, or undefined if the id lacks it. */
type Step = (id: string, provider: string) => string | undefined

const remove =
  (pattern: RegExp, replacement = ''): Step =>
  (id) => {
    const rest = id.replace(pattern, replacement)
    return rest === id || rest === '' ? undefined : rest
  }

const at =
  (providers: readonly string[], step: Step): Step =>
  (id, provider) =>
    providers.includes(provider) ? step(id, provider) : undefined

const bedrock = ['bedrock', 'bedrock_mantle']
const google = ['gemini', 'vertex_ai']

const routes: readonly Step[] = [
  at(google, remove(/^(models|google|publishers\/[a-z0-9-]+\/models)\//)),
  at(bedrock, remove(/^(converse|converse_like|invoke|mantle|messages|openai)\//)),
  at(bedrock, (id) => (id.startsWith('arn:') ? remove(/^.*\//)(id, '') : undefined)),
  at(['fireworks_ai'], remove(/^accounts\/fireworks\/(models|routers)\//)),
  at(['fireworks_ai'], (id) => (id.includes('/') ? undefined : `accounts/fireworks/models/${id}`)),
  at(['azure', 'azure_ai'], remove(/^(responses|o_series|gpt5_series|claude)\//)),
  at(['openai'], remove(/^(responses|chat)\//)),
  at(['xai'], remove(/^x-ai\//)),
  // fine-tuned model: `ft:base:organisation:name:id`
  (id) => (id.startsWith('ft:') ? remove(/^(ft:[^:]+):.*$/, '$1')(id, '') : undefined),
]

const endings: readonly Step[] = [
  at(['vertex_ai'], remove(/@(default|latest)$/)),
  at(['vertex_ai'], remove(/@(\d{8}|\d{3,4})$/)),
  at(['vertex_ai'], remove(/-maas$/)),
  at(bedrock, remove(/:\d+(:\d+k)?$/)),
  // a voice is a model
  at(['deepgram'], remove(/^(aura(?:-\d+)?)-[a-z]+-[a-z]{2}$/, '$1')),
  at(bedrock, remove(/-v\d+$/)),
  remove(/-\d{4}-\d{2}-\d{2}$/),
  remove(/-\d{8}$/),
  remove(/-\d{4}$/),
  remove(/-00\d$/),
  remove(/-latest$/),
]

const geography = /^(us-gov|us|eu|apac|jp|au|ca|sa|uk|kr|in|global)\./
const awsRegion = /^(us|eu|ap|ca|sa|me|af|il|mx|us-gov)-[a-z]+-\d\//
const zone = /^(us|eu|global|global-standard)\//

/** The spellings of an id to look up at a provider, in order, starting with the id itself. */
export function* spellings(id: string, provider: string): Generator<Spelling> {
  let current: Spelling = { id }
  yield current
  for (const step of routes) {
    const next = step(current.id, provider)
    if (next === undefined) continue
    current = { id: next }
    yield current
  }
  // a geography with its own price is listed without the version
  if (bedrock.includes(provider) && geography.test(current.id)) yield { id: current.id.replace(/-v1(:0)?$/, '') }
  const located = locate(current.id, provider)
  if (located) {
    current = located
    yield current
  }
  for (const step of endings) {
    const next = step(current.id, provider)
    if (next === undefined) continue
    current = { id: next, region: current.region }
    yield current
  }
}

/** Removes a prefix that names the region. */
function locate(id: string, provider: string): Spelling | undefined {
  if (bedrock.includes(provider)) {
    // Anthropic's own platform on AWS has no regional prices
    if (id.startsWith('claude_platform/')) return { id: id.slice('claude_platform/'.length), region: 'global' }
    const region = awsRegion.exec(id)?.[0]
    const rest = region === undefined ? id : id.slice(region.length)
    const area = geography.exec(rest)?.[1]
    if (area !== undefined) return { id: rest.slice(area.length + 1), region: area }
    return region === undefined ? undefined : { id: rest, region: region.slice(0, -1) }
  }
  if (provider === 'azure') {
    const area = zone.exec(id)?.[1]
    if (area === undefined) return undefined
    return { id: id.slice(area.length + 1), region: area.startsWith('global') ? 'global' : area }
  }
  return undefined
}

/** The region named by an id. */
export function regionOf(id: string, provider: string): string | undefined {
  let region: string | undefined
  for (const spelling of spellings(id, provider)) region = spelling.region ?? region
  return region
}

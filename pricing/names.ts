/**
 * Ways in which a model id is written, taken off one at a time, most specific first. Each gives the id without it, or
 * undefined where it isn't there.
 */

/** Where a request is served, so far as the model id tells. */
export interface Spelling {
  readonly id: string
  /** `global`, `us`, `eu`, …: the geography of a Bedrock inference profile or an Azure data zone. */
  readonly region?: string | undefined
}

type Step = (id: string, provider: string) => string | undefined

const cut =
  (pattern: RegExp, becomes = ''): Step =>
  (id) => {
    const rest = id.replace(pattern, becomes)
    return rest === id || rest === '' ? undefined : rest
  }

const only =
  (providers: readonly string[], step: Step): Step =>
  (id, provider) =>
    providers.includes(provider) ? step(id, provider) : undefined

const bedrock = ['bedrock', 'bedrock_mantle']
const google = ['gemini', 'vertex_ai']

const routes: readonly Step[] = [
  only(google, cut(/^(models|google|publishers\/[a-z0-9-]+\/models)\//)),
  only(bedrock, cut(/^(converse|converse_like|invoke|mantle|messages|openai)\//)),
  only(bedrock, (id) => (id.startsWith('arn:') ? cut(/^.*\//)(id, '') : undefined)),
  only(['fireworks_ai'], cut(/^accounts\/fireworks\/(models|routers)\//)),
  only(['fireworks_ai'], (id) => (id.includes('/') ? undefined : `accounts/fireworks/models/${id}`)),
  only(['azure', 'azure_ai'], cut(/^(responses|o_series|gpt5_series|claude)\//)),
  only(['openai'], cut(/^(responses|chat)\//)),
  only(['xai'], cut(/^x-ai\//)),
  // a fine-tuned model: `ft:base:organisation:name:id`
  (id) => (id.startsWith('ft:') ? cut(/^(ft:[^:]+):.*$/, '$1')(id, '') : undefined),
]

const endings: readonly Step[] = [
  only(['vertex_ai'], cut(/@(default|latest)$/)),
  only(['vertex_ai'], cut(/@(\d{8}|\d{3,4})$/)),
  only(['vertex_ai'], cut(/-maas$/)),
  only(bedrock, cut(/:\d+(:\d+k)?$/)),
  only(bedrock, cut(/-v\d+$/)),
  cut(/-\d{4}-\d{2}-\d{2}$/),
  cut(/-\d{8}$/),
  cut(/-\d{4}$/),
  cut(/-00\d$/),
  cut(/-latest$/),
]

const geography = /^(us-gov|us|eu|apac|jp|au|ca|sa|uk|kr|in|global)\./
const awsRegion = /^(us|eu|ap|ca|sa|me|af|il|mx|us-gov)-[a-z]+-\d\//
const zone = /^(us|eu|global|global-standard)\//

/** Every spelling of an id to be tried at a provider, the id itself first. A later one is never tried before an earlier. */
export function* spellings(id: string, provider: string): Generator<Spelling> {
  let current: Spelling = { id }
  yield current
  for (const step of routes) {
    const next = step(current.id, provider)
    if (next === undefined) continue
    current = { id: next }
    yield current
  }
  // a geography with a price of its own stands in the table without the version
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

/** Takes off a prefix that says where the request is served. */
function locate(id: string, provider: string): Spelling | undefined {
  if (bedrock.includes(provider)) {
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

/** The geography that an id names, wherever in it that stands. */
export function regionOf(id: string, provider: string): string | undefined {
  let region: string | undefined
  for (const spelling of spellings(id, provider)) region = spelling.region ?? region
  return region
}

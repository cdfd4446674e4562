import { digest, hmacSha256 } from '../../src/platform/index.js'

/** AWS credentials. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** For temporary keys. */
  readonly sessionToken?: string | undefined
}

export interface SignRequest {
  readonly method: string
  /** URL with path and query, encoded as sent. */
  readonly url: string
  /** Lower-case names. All are signed, except for those that proxies change. */
  readonly headers: Readonly<Record<string, string>>
  /** Not read if `x-amz-content-sha256` has its hash, or says that it has none. */
  readonly body: string
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface SignScope {
  readonly region: string
  /** The service's name in signatures: `bedrock`, `sagemaker`. */
  readonly service: string
}

/** Headers that proxies and clients change on the way. */
const unsigned: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'connection',
  'expect',
  'from',
  'keep-alive',
  'max-forwards',
  'pragma',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
])

/**
 * Signature Version 4: the headers to add to the request.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signV4(
  request: SignRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { region, service }: SignScope,
): Record<string, string> {
  const date = new Date(request.now).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = date.slice(0, 8)
  const url = new URL(request.url)
  const added: Record<string, string> = {
    'x-amz-date': date,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  }
  const [signedNames, canonicalHeaders] = headerLines({ ...request.headers, host: url.host, ...added })
  const canonical = [
    request.method,
    service === 's3' ? url.pathname : canonicalPath(url.pathname),
    canonicalQuery(url.search),
    canonicalHeaders,
    '',
    signedNames,
    request.headers['x-amz-content-sha256'] ?? sha256(request.body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`
  const key = [day, region, service, 'aws4_request'].reduce<Uint8Array | string>(hmacSha256, `AWS4${secretAccessKey}`)
  const signature = hex(hmacSha256(key, toSign))
  return {
    ...added,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`,
  }
}

function headerLines(headers: Readonly<Record<string, string>>): [names: string, lines: string] {
  const names = Object.keys(headers)
    .filter((name) => !unsigned.has(name))
    .sort()
  const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}`)
  return [names.join(';'), lines.join('\n')]
}

/** Every service but S3 wants the path encoded once more than it is sent. */
const canonicalPath = (path: string): string =>
  path
    .replace(/\/{2,}/g, '/')
    .split('/')
    .map(encode)
    .join('/')

function canonicalQuery(search: string): string {
  if (search.length < 2) return ''
  const pairs = search
    .slice(1)
    .split('&')
    .map((pair): [string, string] => {
      const [name = '', ...value] = pair.split('=')
      return [encode(decode(name)), encode(decode(value.join('=')))]
    })
  pairs.sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

/** Everything but letters, digits and `-._~`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const sha256 = (text: string) => digest('sha256', text, 'hex')
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

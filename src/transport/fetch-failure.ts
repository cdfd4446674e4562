/** Causes that the error of a connection explains, by the code of Node.js and by the words of other runtimes. */
const causes: readonly (readonly [code: string, words: RegExp])[] = [
  ['ERR_SSL_WRONG_VERSION_NUMBER', /wrong version number|InvalidContentType|does the server speak TLS/i],
  ['ECONNREFUSED', /ConnectionRefused|connection refused|connect ECONNREFUSED/i],
  ['ENOTFOUND', /ENOTFOUND|DNSException|dns error|failed to lookup|name or service not known|DNS lookup failed/i],
  ['CERT_UNTRUSTED', /certificate|UnknownIssuer|CERT_|SELF_SIGNED|UNABLE_TO_/i],
  ['ETIMEDOUT', /ETIMEDOUT|connection timed out|ConnectionTimeout/i],
  [
    'ECONNRESET',
    /ECONNRESET|ConnectionClosed|ConnectionReset|connection (?:was )?(?:closed|reset|lost|error)|terminated/i,
  ],
]

/** The error of a failed `fetch`, with the code that Node.js has for its cause. */
export function fetchFailure(error: unknown): Error {
  const given = error instanceof Error ? error : new Error(String(error))
  const deepest = deepestOf(given)
  const { code } = deepest as { code?: unknown }
  if (typeof code === 'string' && /^(?:(?!EPROTO)E[A-Z]+|UND_ERR_\w+|CERT_\w+)$/.test(code)) return deepest
  const text = `${typeof code === 'string' ? code : ''} ${given.message} ${deepest.message}`
  const known = causes.find(([, words]) => words.test(text))
  if (!known && deepest === given) return given
  // the message of the innermost error has the reason; the outer one only that fetch failed
  const failure = new Error(deepest.message, { cause: given })
  return known ? Object.assign(failure, { code: known[0] }) : failure
}

/** True for a body that does not match its `content-encoding`, in the words of each runtime. */
export function isDecodingFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  return (
    /decod|decompress|inflat|gzip|zlib|\bZ_[A-Z]+_ERROR|brotli|zstd/i.test(`${code} ${error.message}`) ||
    isDecodingFailure(error.cause)
  )
}

function deepestOf(error: Error): Error {
  const next = error instanceof AggregateError ? error.errors[0] : error.cause
  return next instanceof Error && next !== error ? deepestOf(next) : error
}

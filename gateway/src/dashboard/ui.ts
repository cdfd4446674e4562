import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { GatewayResponse, OpenRequest, OpenRoute } from '../http/response.js'
import { notFound, refuse } from '../refusal.js'

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  md: 'text/markdown; charset=utf-8',
}

type Encoding = 'br' | 'gzip' | 'identity'

/** A file of the dashboard with the forms in which it was sent. */
interface StaticFile {
  readonly bytes: Buffer
  readonly type: string
  readonly etag: string
  readonly encoded: Map<Encoding, Promise<Buffer>>
}

/** The place of the built files: beside the program, or in `dist` if the sources run. */
const places = ['./ui/', '../../dist/ui/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))

/** The dashboard's files, under `/ui`. Paths without a file are routes of the page itself. */
export function uiRoutes(folders: readonly string[] = places): OpenRoute[] {
  let files: ReadonlyMap<string, StaticFile> | undefined
  const handler = (request: OpenRequest) => {
    files ??= readFiles(folders)
    return answer(files, request)
  }
  return [
    { method: 'GET', path: '/ui', handler },
    { method: 'GET', path: '/ui/*', handler },
  ]
}

/** Reads all files once: a request can't name any other. */
function readFiles(folders: readonly string[]): ReadonlyMap<string, StaticFile> {
  for (const folder of folders) {
    try {
      const names = readdirSync(folder, { recursive: true, withFileTypes: true })
      return new Map(
        names
          .filter((entry) => entry.isFile())
          .map((entry) => {
            const path = join(entry.parentPath, entry.name)
            const bytes = readFileSync(path)
            const file: StaticFile = {
              bytes,
              type: types[entry.name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
              etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
              encoded: new Map(),
            }
            return [relative(folder, path).split(sep).join('/'), file]
          }),
      )
    } catch {}
  }
  throw refuse('The dashboard is not part of this build. Run npm run build.', { status: 404, type: 'not_found_error' })
}

async function answer(files: ReadonlyMap<string, StaticFile>, request: OpenRequest): Promise<GatewayResponse> {
  const path = request.path.replace(/^\/ui\/?/, '')
  const file = files.get(path)
  if (file && path !== 'index.html') return await staticFile(file, path.startsWith('assets/'), request)
  if (path.startsWith('assets/')) throw notFound(`The dashboard has no file '${path.slice(0, 200)}'.`)
  const index = files.get('index.html')
  if (!index) throw notFound('The dashboard has no page.')
  return page(index)
}

async function staticFile(file: StaticFile, isHashed: boolean, request: OpenRequest): Promise<GatewayResponse> {
  const headers = {
    'content-type': file.type,
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'public, max-age=3600',
    etag: file.etag,
    vary: 'accept-encoding',
  }
  if (request.headers['if-none-match'] === file.etag) return { status: 304, headers, body: undefined }
  const encoding = encodingOf(request.headers['accept-encoding'])
  const bytes = await encoded(file, encoding)
  return {
    status: 200,
    headers: {
      ...headers,
      'content-length': String(bytes.length),
      ...(encoding !== 'identity' && { 'content-encoding': encoding }),
    },
    body: once(bytes),
  }
}

async function* once(bytes: Buffer) {
  yield bytes
}

function encodingOf(accepted = ''): Encoding {
  if (/\bbr\b/.test(accepted)) return 'br'
  return /\bgzip\b/.test(accepted) ? 'gzip' : 'identity'
}

/** Compresses a file once for each encoding that a browser asks for. */
function encoded(file: StaticFile, encoding: Encoding): Promise<Buffer> {
  const known = file.encoded.get(encoding)
  if (known) return known
  const made = compress(file.bytes, encoding)
  file.encoded.set(encoding, made)
  return made
}

async function compress(bytes: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return await promisify(gzip)(bytes, { level: 9 })
  if (encoding === 'identity') return bytes
  return await promisify(brotliCompress)(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  })
}

const placeholder = /__NONCE__/g

/** The page with a nonce of its own: only its scripts and styles run, and it talks to no other host. */
function page({ bytes }: StaticFile): GatewayResponse {
  const nonce = randomBytes(18).toString('base64')
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ]
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': policy.join('; '),
      'referrer-policy': 'same-origin',
    },
    body: bytes.toString('utf8').replace(placeholder, nonce),
  }
}

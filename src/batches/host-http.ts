import type { Dispatcher } from 'undici'
import type { HostHttp, HostReply, HostRequest, Json, NamedUpload, Upload } from '../../providers/batches/contract.js'
import type { Address, Dialect, FileContent, Provider, Settings } from '../../providers/contract.js'
import type { Call } from '../call/call.js'
import type { ClientContext } from '../call/context.js'
import { errorFromResponse, invalidResponse } from '../call/failure.js'
import { writeForm } from '../call/form.js'
import { textOf } from '../call/json-response.js'
import { within } from '../call/lifetime.js'
import { sensitive } from '../call/options.js'
import { prepare } from '../call/prepare.js'
import { LLMError } from '../errors.js'
import { emptyJob } from '../operations/authorize-request.js'
import { utf8 } from '../platform/index.js'
import type { HttpRequest } from '../transport/exchange.js'
import type { CallOptions } from '../types/options.js'
import { Download, longestSilence } from './download.js'
import { LineTooLong, linesOf } from './spool.js'

/** The provider of a request, and of its bucket if it has one. */
export interface Hosts {
  readonly provider: Provider
  readonly storage: Provider | undefined
  /** Base of the bucket's service. */
  readonly storageBase: string | undefined
}

/** Sends requests about files and batches: with the address and credentials of calls, their errors and their retries. */
export class HttpOfHost implements HostHttp {
  readonly #context: ClientContext
  readonly #hosts: Hosts
  readonly #provider: Provider
  readonly #options: CallOptions

  constructor(context: ClientContext, hosts: Hosts, options: CallOptions, provider: Provider = hosts.provider) {
    this.#context = context
    this.#hosts = hosts
    this.#options = options
    this.#provider = provider
  }

  get storage(): HostHttp {
    const { provider, storage = provider, storageBase } = this.#hosts
    const options = storageBase === undefined ? this.#options : { ...this.#options, apiBase: storageBase }
    return new HttpOfHost(this.#context, this.#hosts, options, storage)
  }

  get settings(): Settings {
    return this.#target().settings
  }

  get ownHost(): boolean {
    return this.#target().ownHost
  }

  #target(): Call['target'] {
    const call = this.#callNow({ path: '/' })
    call.lifetime.close()
    return call.target
  }

  async send(request: HostRequest): Promise<HostReply> {
    const { download, call } = await this.#open(request)
    try {
      const chunks: Uint8Array[] = []
      let size = 0
      for await (const chunk of download.body(call.limits.maxResponseBytes)) {
        chunks.push(chunk)
        size += chunk.length
      }
      return { status: download.status, headers: download.headers, text: size === 0 ? '' : textOf(chunks) }
    } finally {
      call.settle(undefined)
    }
  }

  async json(request: HostRequest): Promise<Json> {
    const { status, headers, text } = await this.send(request)
    if (text.trim() === '') return {}
    try {
      const body: unknown = JSON.parse(text)
      if (typeof body === 'object' && body !== null) return body as Json
    } catch {
      // below
    }
    const call = this.#callNow(request)
    call.lifetime.close()
    throw invalidResponse(call.errorContext(), status, headers, 'with something that is not JSON', text)
  }

  async *bytes(request: HostRequest): AsyncGenerator<Uint8Array> {
    let received = 0
    let failures = 0
    // the reader may take its time: only the headers and silence have a limit
    const headersTimeout = this.#options.headersTimeout || this.#context.limits.headersTimeout || longestSilence
    const options = { ...this.#options, timeout: 0, headersTimeout }
    for (;;) {
      const { download, call } = await this.#open(request, options)
      let skipped = 0
      try {
        for await (const chunk of download.body()) {
          // a download that is repeated begins anew
          const from = Math.min(received - skipped, chunk.length)
          skipped += from
          if (from === chunk.length) continue
          received += chunk.length - from
          skipped += chunk.length - from
          failures = 0
          yield from === 0 ? chunk : chunk.subarray(from)
        }
        return
      } catch (error) {
        if (!LLMError.is(error) || !error.retryable || failures++ >= call.limits.maxRetries) throw error
      } finally {
        call.settle(undefined)
      }
    }
  }

  async *lines(request: HostRequest): AsyncGenerator<unknown> {
    const call = this.#callNow(request)
    call.lifetime.close()
    let line = 0
    try {
      for await (const bytes of linesOf(this.bytes(request), call.limits.maxResponseBytes)) {
        line++
        const text = utf8(bytes).trim()
        if (text === '') continue
        let value: unknown
        try {
          value = JSON.parse(text)
        } catch {
          throw invalidResponse(call.errorContext(), 200, {}, `line ${line} of the file is not JSON`, text)
        }
        yield value
      }
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error
      throw invalidResponse(call.errorContext(), 200, {}, `line ${line + 1} of the file is ${error.message}`, '')
    }
  }

  form(request: HostRequest, fields: Readonly<Record<string, string>>, file: NamedUpload): Promise<Json> {
    const { name, type, repeatable } = file
    const form = writeForm(fields, [{ field: 'file', name, type, data: file }], this.#context.clock.random())
    const headers = { ...request.headers, 'content-type': form.type }
    return this.json({ ...request, method: 'POST', headers, body: asUpload(form.body, repeatable) })
  }

  /** A call that only has a target: nothing is sent. */
  #callNow({ path }: HostRequest, options = this.#options): Call {
    const provider = this.#provider
    const at: Address['path'] = (_, __, ___, settings, basePath) =>
      typeof path === 'function' ? path(settings, basePath) : path
    const address: Address = Object.create(provider.address, { path: { value: at } })
    const dialect: Dialect = Object.create(provider.dialect, { error: { value: withAdvice(provider.dialect) } })
    const target = Object.create(provider, { address: { value: address }, dialect: { value: dialect } })
    const job = emptyJob(this.#context, target, '', options)
    // nothing has to be downloaded for an empty request
    return prepare(job, {}) as Call
  }

  async #open(request: HostRequest, options = this.#options): Promise<{ download: Download; call: Call }> {
    const call = this.#callNow(request, options)
    const { method = 'GET', body } = request
    const repeatable = typeof body !== 'object' || body.repeatable
    const idempotent = (request.idempotent ?? method !== 'POST') && repeatable
    const attempt = async (): Promise<Download> => {
      const startedAt = call.clock.now()
      try {
        const download = await this.#attempt(call, request)
        call.recordAttempt(startedAt)
        return download
      } catch (error) {
        if (LLMError.is(error)) call.recordAttempt(startedAt, error)
        throw error
      }
    }
    try {
      if (call.lifetime.ended) throw call.lifetime.ended
      return { download: await attempt(), call }
    } catch (first) {
      try {
        if (!LLMError.is(first) || call.limits.maxRetries === 0 || call.lifetime.ended) throw first
        if (this.#forgets(call, first) && repeatable) return { download: await attempt(), call }
        if (!first.retryable || !(idempotent || (repeatable && hasNotRun(first)))) throw first
        const { retry } = await import('../call/retry.js')
        const guarded = async () => {
          try {
            return await attempt()
          } catch (error) {
            // a POST whose outcome is unknown is not sent again
            if (!idempotent && LLMError.is(error) && !hasNotRun(error))
              Object.defineProperty(error, 'retryable', { value: false })
            throw error
          }
        }
        return { download: await retry(call, first, guarded), call }
      } catch (error) {
        const known = LLMError.is(error) ? error : undefined
        call.settle(undefined, undefined, known)
        if (known) known.attempts = call.attempts
        throw error
      }
    }
  }

  async #attempt(call: Call, request: HostRequest): Promise<Download> {
    const { method = 'GET', body, origin } = request
    const { target } = call
    const headers = { ...target.headers, ...request.headers }
    if (body === undefined) delete headers['content-type']
    if (origin !== undefined) for (const name of Object.keys(headers)) if (sensitive.test(name)) delete headers[name]
    const url = `${origin ?? target.origin}${target.path}`
    const text = typeof body === 'string' ? body : ''
    if (target.authorized && origin === undefined) {
      const added = call.provider.authorize?.(
        // no provider looks at more than the text of the method
        { method: method as 'POST', url, headers, body: text, now: call.clock.wall() },
        target.settings,
        {
          key: target.tradedKey,
          send: async (sent) => (await import('../call/auxiliary-request.js')).sendAuxiliary(call, sent),
        },
      )
      Object.assign(headers, added instanceof Promise ? await within(call.lifetime, added) : added)
      if (headers.authorization && !target.secrets.includes(headers.authorization))
        target.secrets.push(headers.authorization)
    }
    const sent = typeof body === 'object' ? uploadOf(body, headers) : body
    const dispatcher: Dispatcher = await call.connect()
    // the path of another origin is complete: it has no base
    const path = origin !== undefined && typeof request.path === 'string' ? request.path : target.path
    const http: HttpRequest = { method, origin: origin ?? target.origin, path, headers, body: sent }
    const download = await Download.open(call, dispatcher, http)
    if (download.status < 300) return download
    const answer = await download.errorText()
    throw errorFromResponse(call.errorContext(), download.status, download.headers, answer)
  }

  /** Drops a token that was rejected. True if another one can be had. */
  #forgets({ provider, target, clock }: Call, { status, message }: LLMError): boolean {
    if (!provider.forget || !target.authorized || (status !== 401 && status !== 403)) return false
    const token = target.secrets.find((one) => one.startsWith('Bearer '))?.slice('Bearer '.length)
    return token !== undefined && provider.forget({ token, status, message, now: clock.wall() })
  }
}

const asUpload = (body: FileContent, repeatable: boolean): Upload =>
  body instanceof Uint8Array
    ? { size: body.length, repeatable, open: () => once(body) }
    : { size: body.size, repeatable, open: () => body.open() }

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function uploadOf(body: Upload, headers: Record<string, string>): AsyncIterable<Uint8Array> {
  if (body.size !== undefined) headers['content-length'] = String(body.size)
  return body.open()
}

/** Whether the provider certainly did nothing: it refused the request, or was not reached. */
function hasNotRun({ code, status, cause }: LLMError & { readonly code?: string }): boolean {
  if (code === 'rate_limit' || code === 'overloaded' || status === 503) return true
  const reason = (cause as { readonly code?: unknown } | undefined)?.code
  return reason === 'ECONNREFUSED' || reason === 'ENOTFOUND' || reason === 'EAI_AGAIN'
}

/** Errors about an id, which are not about a model. */
const withAdvice =
  (dialect: Dialect): Dialect['error'] =>
  (failure) => {
    const facts = dialect.error(failure)
    if (facts.kind !== 'not_found') return facts
    return { ...facts, hint: facts.hint ?? 'Check the id, and that the key belongs to the account that made it.' }
  }

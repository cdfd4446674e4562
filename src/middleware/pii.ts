import { BadRequestError, got } from '../errors.js'
import type { Middleware, MiddlewareCallBase } from '../types/middleware.js'
import { type Detection, loadDetector, type PIIDetector } from './pii-detector.js'
import { type PieceChanger, StreamTexts } from './stream-texts.js'
import { changeRequest, changeTexts, writesText } from './texts.js'

/** Options of {@link maskPII}. */
export interface MaskPIIOptions {
  /** Finds the data. @default patterns of the optional package `@openredaction/core` */
  detector?: PIIDetector | undefined
  /**
   * Types to mask. Without `detector` these are names of patterns of `@openredaction/core`. @default e-mail addresses, phone numbers, payment
   * cards, IBAN, US and UK social security numbers, and API keys
   */
  types?: readonly string[] | undefined
  /** Whether answers get the data back. @default true */
  unmask?: boolean | undefined
}

/**
 * Replaces personal data in requests by placeholders such as `[EMAIL_1]`, and puts it back into answers, streams and tool calls. The same
 * value has the same placeholder throughout a request, numbered by its first occurrence, so that a growing conversation keeps its
 * placeholders.
 * @throws {BadRequestError} at the first call if there is no detector and `@openredaction/core` is not installed
 * @example
 * client.use(maskPII())
 */
export function maskPII({ detector, types, unmask = true }: MaskPIIOptions = {}): Middleware {
  if (detector !== undefined && typeof detector?.detect !== 'function') {
    throw new BadRequestError(`'detector' must be an object with detect(text); ${got(detector)}.`, {
      param: 'detector',
    })
  }
  const chosen = detector && types && new Set(types)
  let loading: Promise<PIIDetector> | undefined
  const vaults = new WeakMap<MiddlewareCallBase, Vault>()
  return {
    async onRequest(call) {
      loading ??= detector ? Promise.resolve(detector) : loadDetector(types)
      const vault = new Vault()
      const texts: string[] = []
      changeRequest(call.request, (text) => {
        texts.push(text)
        return text
      })
      vault.avoid(texts)
      const loaded = await loading
      for (const text of new Set(texts)) {
        if (text === '') continue
        const { detections } = await loaded.detect(text)
        for (const { type, value } of inOrder(text, detections)) if (!chosen || chosen.has(type)) vault.add(type, value)
      }
      if (vault.size === 0) return
      call.request = changeRequest(call.request, (text) => vault.mask(text)) as never
      vaults.set(call, vault)
    },
    onResponse(call) {
      const vault = unmask && writesText(call.operation) ? vaults.get(call) : undefined
      if (vault) return changeTexts(call.answer, (text, json) => vault.unmask(text, json))
    },
    onChunk(call) {
      const vault = unmask ? vaults.get(call) : undefined
      return vault?.stream.change(call)
    },
  }
}

const inOrder = (text: string, detections: readonly Detection[]): Detection[] =>
  [...detections].sort((one, other) => text.indexOf(one.value) - text.indexOf(other.value))

/** Values of one request and their placeholders. */
class Vault {
  readonly #placeholders = new Map<string, string>()
  readonly #values = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  /** Texts of the request that look like placeholders. */
  #taken: ReadonlySet<string> = new Set()
  readonly stream = new StreamTexts(
    (json) => new Unmasker(this, json),
    (text, json) => this.unmask(text, json),
  )

  get size(): number {
    return this.#values.size
  }

  get names(): Iterable<string> {
    return this.#values.keys()
  }

  avoid(texts: readonly string[]): void {
    this.#taken = new Set(texts.flatMap((text) => text.match(/\[[A-Z0-9_]+_\d+\]/g) ?? []))
  }

  add(type: string, value: string): void {
    if (value === '' || this.#placeholders.has(value)) return
    const kind = type.toUpperCase().replace(/[^A-Z0-9]+/g, '_')
    let placeholder: string
    do {
      const count = (this.#counts.get(kind) ?? 0) + 1
      this.#counts.set(kind, count)
      placeholder = `[${kind}_${count}]`
    } while (this.#taken.has(placeholder))
    this.#placeholders.set(value, placeholder)
    this.#values.set(placeholder, value)
  }

  mask(text: string): string {
    let masked = text
    // a longer value may contain a shorter one
    for (const [value, placeholder] of [...this.#placeholders].sort(([one], [other]) => other.length - one.length)) {
      masked = masked.replaceAll(value, placeholder)
    }
    return masked
  }

  unmask(text: string, json: boolean): string {
    if (!text.includes('[')) return text
    return text.replace(/\[[A-Z0-9_]+_\d+\]/g, (placeholder) => {
      const value = this.#values.get(placeholder)
      if (value === undefined) return placeholder
      return json ? JSON.stringify(value).slice(1, -1) : value
    })
  }
}

/** Holds back the beginning of a placeholder until its end has come. */
class Unmasker implements PieceChanger {
  readonly #vault: Vault
  readonly #json: boolean
  #held = ''

  constructor(vault: Vault, json: boolean) {
    this.#vault = vault
    this.#json = json
  }

  push(piece: string): string {
    const text = this.#held + piece
    const at = text.lastIndexOf('[')
    const tail = at < 0 ? '' : text.slice(at)
    const isOpen =
      tail !== '' && [...this.#vault.names].some((name) => name.length > tail.length && name.startsWith(tail))
    this.#held = isOpen ? tail : ''
    return this.#vault.unmask(isOpen ? text.slice(0, at) : text, this.#json)
  }

  end(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }
}

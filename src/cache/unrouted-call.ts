import type { ModelRegistry } from '../../pricing/index.js'
import type { AnyUsage, Billing } from '../call/billing.js'
import type { CacheOutcome } from '../call/cache-outcome.js'
import type { Clock } from '../call/clock.js'
import { Lifetime } from '../call/lifetime.js'
import type { MetaSource } from '../call/meta.js'
import type { CallRecorder } from '../call/observer.js'
import type { LLMError } from '../errors.js'
import type { RouterMeta } from '../types/meta.js'
import type { CacheableCall } from './cacheable-call.js'
import type { Origin } from './entry.js'

/** A Router's call during its cache lookup, before a deployment is selected. */
export class UnroutedCall implements CacheableCall {
  readonly operation: MetaSource['operation']
  readonly registry: ModelRegistry
  readonly clock: Clock
  readonly lifetime: Lifetime
  readonly recorder: CallRecorder | undefined
  readonly startedAt: number
  readonly observer: { readonly router: RouterMeta }
  readonly headers = Object.freeze({})
  readonly status = 0
  readonly attempts: [] = []
  readonly warnings: [] = []
  readonly headersAt = undefined
  provider = { id: '' }
  model = ''
  baseModel: string | undefined
  usage: AnyUsage | undefined
  billing: Billing = {}
  finishedAt: number | undefined
  firstTokenAt: number | undefined
  cache: CacheOutcome | undefined
  nativeFinishReason: string | undefined

  constructor(init: {
    operation: MetaSource['operation']
    registry: ModelRegistry
    clock: Clock
    signal: AbortSignal | undefined
    /** Milliseconds; 0 disables it. */
    timeout: number
    startedAt: number
    recorder: CallRecorder | undefined
    router: RouterMeta
  }) {
    this.operation = init.operation
    this.registry = init.registry
    this.clock = init.clock
    this.recorder = init.recorder
    this.startedAt = init.startedAt
    this.observer = { router: init.router }
    const errorContext = { provider: '', model: init.router.modelGroup }
    this.lifetime = new Lifetime(init.signal, init.timeout, init.startedAt, errorContext)
  }

  answeredBy({ provider, model, baseModel }: Origin): void {
    this.provider = { id: provider }
    this.model = model
    this.baseModel = baseModel
  }

  settle(usage: AnyUsage | undefined, billing: Billing = {}, _?: LLMError): void {
    this.finishedAt = this.clock.now()
    this.usage = usage
    this.billing = { at: this.clock.wall(), ...billing }
    this.lifetime.close()
  }
}

import type { CallOptions } from '../types/options.js'

/** Timeouts, retries and size limits of one call, with every default filled in. Times are milliseconds. */
export interface CallLimits {
  readonly timeout: number
  readonly headersTimeout: number
  readonly firstTokenTimeout: number
  readonly idleTimeout: number
  readonly maxRetries: number
  readonly maxRetryDelay: number
  readonly maxResponseBytes: number
  readonly maxMediaBytes: number
  readonly allowPrivateMedia: boolean
}

export const defaultCallLimits: CallLimits = Object.freeze({
  timeout: 600_000,
  headersTimeout: 0,
  firstTokenTimeout: 0,
  idleTimeout: 0,
  maxRetries: 2,
  maxRetryDelay: 60_000,
  maxResponseBytes: 256 * 1024 * 1024,
  maxMediaBytes: 20 * 1024 * 1024,
  allowPrivateMedia: false,
})

/** Limits of a call or a client. Those without an option of their own are the defaults themselves. */
export const resolveCallLimits = (options: CallOptions, defaults: CallLimits): CallLimits =>
  hasLimits(options)
    ? {
        timeout: options.timeout ?? defaults.timeout,
        headersTimeout: options.headersTimeout ?? defaults.headersTimeout,
        firstTokenTimeout: options.firstTokenTimeout ?? defaults.firstTokenTimeout,
        idleTimeout: options.idleTimeout ?? defaults.idleTimeout,
        maxRetries: options.maxRetries ?? defaults.maxRetries,
        maxRetryDelay: options.maxRetryDelay ?? defaults.maxRetryDelay,
        maxResponseBytes: options.maxResponseBytes ?? defaults.maxResponseBytes,
        maxMediaBytes: options.maxMediaBytes ?? defaults.maxMediaBytes,
        allowPrivateMedia: options.allowPrivateMedia ?? defaults.allowPrivateMedia,
      }
    : defaults

// by name: a loop over the names of the options looked each of them up
const hasLimits = (options: CallOptions): boolean =>
  options.timeout !== undefined ||
  options.headersTimeout !== undefined ||
  options.firstTokenTimeout !== undefined ||
  options.idleTimeout !== undefined ||
  options.maxRetries !== undefined ||
  options.maxRetryDelay !== undefined ||
  options.maxResponseBytes !== undefined ||
  options.maxMediaBytes !== undefined ||
  options.allowPrivateMedia !== undefined

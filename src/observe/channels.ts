import { channel } from '../platform/index.js'

/** Diagnostics channels for monitoring agents. Events are published synchronously, in the caller's async context. */
export const channels = Object.freeze({
  start: channel('llmux:call:start'),
  retry: channel('llmux:call:retry'),
  fallback: channel('llmux:call:fallback'),
  firstToken: channel('llmux:call:first-token'),
  cacheHit: channel('llmux:call:cache-hit'),
  success: channel('llmux:call:success'),
  failure: channel('llmux:call:failure'),
})

const { start, retry, fallback, firstToken, cacheHit, success, failure } = channels

/** True if any channel has a subscriber. Unrolled because every call checks it. */
export const hasSubscribers = (): boolean =>
  success.hasSubscribers ||
  failure.hasSubscribers ||
  start.hasSubscribers ||
  firstToken.hasSubscribers ||
  retry.hasSubscribers ||
  fallback.hasSubscribers ||
  cacheHit.hasSubscribers

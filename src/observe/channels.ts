import { channel } from 'node:diagnostics_channel'

/**
 * For agents that listen without being configured. Messages are the events themselves, published in the caller's context as
 * they happen.
 */
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

/** Whether anybody listens. Written out: every call asks. */
export const anybodyListens = (): boolean =>
  success.hasSubscribers ||
  failure.hasSubscribers ||
  start.hasSubscribers ||
  firstToken.hasSubscribers ||
  retry.hasSubscribers ||
  fallback.hasSubscribers ||
  cacheHit.hasSubscribers

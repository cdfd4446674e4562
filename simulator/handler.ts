import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'

type Controller = Dispatcher.DispatchController

/** undici 7's handler with all callbacks. */
export interface Handler {
  onRequestStart(controller: Controller, context: unknown): void
  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, statusMessage: string): void
  onResponseData(controller: Controller, chunk: Buffer): void
  onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void
  onResponseError(controller: Controller, error: Error): void
}

/** `undici.request`, `stream` and `fetch` still pass handlers of the older form; both work. */
export function asHandler(handler: Dispatcher.DispatchHandler): Handler {
  return handler.onRequestStart ? complete(handler) : translate(handler)
}

function complete(handler: Dispatcher.DispatchHandler): Handler {
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onResponseStart: (controller, status, headers, text) =>
      handler.onResponseStart?.(controller, status, headers, text),
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  }
}

function translate(handler: Dispatcher.DispatchHandler): Handler {
  return {
    onRequestStart: (controller) => {
      handler.onConnect?.((error) => controller.abort(error ?? new Error('Request aborted')))
    },
    onResponseStart: (controller, status, headers, text) => {
      const goOn = handler.onHeaders?.(status, rawHeaders(headers), () => controller.resume(), text)
      if (goOn === false) controller.pause()
    },
    onResponseData: (controller, chunk) => {
      if (handler.onData?.(chunk) === false) controller.pause()
    },
    onResponseEnd: () => handler.onComplete?.([]),
    onResponseError: (_, error) => handler.onError?.(error),
  }
}

function rawHeaders(headers: IncomingHttpHeaders): Buffer[] {
  return Object.entries(headers).flatMap(([name, value]) => [Buffer.from(name), Buffer.from(String(value))])
}

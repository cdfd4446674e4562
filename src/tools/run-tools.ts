import { BadRequestError } from '../errors.js'
import type { Parsed } from '../operations/chat.js'
import type { ResponseFormatInput } from '../types/chat.js'
import { loop } from './loop.js'
import type { ToolSet, ToolsEvent, ToolsOptions, ToolsRequest, ToolsResult, ToolsTarget } from './types.js'

/**
 * Calls a model and runs the tools that it calls, in turns, until it answers. Tools of one answer run at the same time. Exceptions of tools,
 * unknown tools and wrong arguments go to the model, which can correct its call.
 * @throws {LLMError} if a call of the model fails or the run is aborted; {@link partialRun} has the part before
 * @example
 * const { text, cost, steps } = await runTools(client, {
 *   model: 'openai/gpt-4o',
 *   messages: [{ role: 'user', content: 'What is the weather in Oslo?' }],
 *   tools: { get_weather: tool({ parameters: z.object({ city: z.string() }), execute: ({ city }) => weatherIn(city) }) },
 * })
 */
export async function runTools<
  const Tools extends ToolSet,
  const Format extends ResponseFormatInput | undefined = undefined,
>(
  target: ToolsTarget,
  request: ToolsRequest<Tools, Format>,
  options: ToolsOptions<Tools> = {},
): Promise<ToolsResult<Tools, Parsed<Format>>> {
  const run = loop(target, request as ToolsRequest, options as unknown as ToolsOptions, false)
  for (;;) {
    const { value, done } = await run.next()
    if (done) return value as unknown as ToolsResult<Tools, Parsed<Format>>
  }
}

/** A run as a stream of events. Leaving the loop ends it, with the calls and tools in flight. */
export interface ToolsStream<Tools extends ToolSet = ToolSet, Answer = unknown>
  extends AsyncIterable<ToolsEvent<Tools>> {
  /** The result. Reads the events itself unless a loop does. */
  final(): Promise<ToolsResult<Tools, Answer>>
}

/**
 * The same as {@link runTools}, as a stream: the chunks of each answer, calls of tools and their results as they come.
 * @example
 * for await (const event of streamTools(client, { model, messages, tools })) {
 *   if (event.type === 'chunk') process.stdout.write(event.chunk.choices[0]?.delta.content ?? '')
 *   if (event.type === 'tool_result') console.log(event.call.name, event.call.status)
 * }
 */
export function streamTools<
  const Tools extends ToolSet,
  const Format extends ResponseFormatInput | undefined = undefined,
>(
  target: ToolsTarget,
  request: ToolsRequest<Tools, Format>,
  options: ToolsOptions<Tools> = {},
): ToolsStream<Tools, Parsed<Format>> {
  type Result = ToolsResult<Tools, Parsed<Format>>
  const run = loop(target, request as ToolsRequest, options as unknown as ToolsOptions, true)
  let settle: { resolve(result: Result): void; reject(error: unknown): void } | undefined
  const final = new Promise<Result>((resolve, reject) => {
    settle = { resolve, reject }
  })
  // it may not be asked for
  final.catch(() => {})
  let iterated = false
  async function* events(): AsyncGenerator<ToolsEvent<Tools>, void, undefined> {
    let ended = false
    try {
      for (;;) {
        const { value, done } = await run.next()
        if (done) {
          ended = true
          settle?.resolve(value as unknown as Result)
          return
        }
        yield value as unknown as ToolsEvent<Tools>
      }
    } catch (error) {
      ended = true
      settle?.reject(error)
      throw error
    } finally {
      if (!ended) {
        await run.return(undefined as never)
        settle?.reject(new BadRequestError('The run was left before its end, so it has no result.'))
      }
    }
  }
  const start = (): AsyncGenerator<ToolsEvent<Tools>, void, undefined> => {
    if (iterated) throw new BadRequestError('This run has been read already. Its result is in final().')
    iterated = true
    return events()
  }
  return {
    [Symbol.asyncIterator]: start,
    final() {
      if (!iterated) {
        const rest = start()
        void (async () => {
          for await (const _ of rest);
        })().catch(() => {})
      }
      return final
    },
  }
}

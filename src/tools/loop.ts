import { CompletionStream } from '../call/completion-stream.js'
import { AbortError, BadRequestError, got, LLMError } from '../errors.js'
import type { ChatCompletion, Tool } from '../types/chat.js'
import type { Message, ToolCall } from '../types/messages.js'
import { type Answered, type Running, runTool, skipTool } from './run-tool.js'
import { Totals } from './totals.js'
import type {
  ToolSet,
  ToolStep,
  ToolsEnd,
  ToolsEvent,
  ToolsOptions,
  ToolsRequest,
  ToolsResult,
  ToolsTarget,
} from './types.js'

/** Runs of which a part exists when they fail, by their error. */
const partials = new WeakMap<object, ToolsResult>()

/**
 * The part of a run that came before its error: steps, messages, usage and cost. Undefined if no call of the model was answered.
 * @example
 * try { await runTools(client, request) } catch (error) { save(partialRun(error)?.messages) }
 */
export const partialRun = (error: unknown): ToolsResult | undefined =>
  typeof error === 'object' && error !== null ? partials.get(error) : undefined

/** Calls the model and its tools in turns, until it answers without a call. */
export async function* loop(
  target: ToolsTarget,
  request: ToolsRequest,
  options: ToolsOptions,
  stream: boolean,
): AsyncGenerator<ToolsEvent, ToolsResult, undefined> {
  check(target, request, options)
  const { tools, providerTools = [], messages: given, signal: outer, tool_choice: choice, ...rest } = request
  const { maxSteps = 20, maxCost, prepareStep, onStep, parallel = 16 } = options
  const own = new AbortController()
  const signal = outer ? AbortSignal.any([outer, own.signal]) : own.signal
  const messages: Message[] = [...given]
  const steps: ToolStep[] = []
  const totals = new Totals()
  const definitions = [...definitionsOf(tools), ...providerTools]
  const result = (end: ToolsEnd): ToolsResult | undefined => {
    const answer = steps.at(-1)?.answer
    const message = answer?.choices[0]?.message
    if (!answer) return undefined
    return {
      text: message?.content ?? '',
      answer,
      parsed: message?.parsed,
      end,
      steps,
      messages,
      usage: totals.usage,
      cost: totals.cost,
    }
  }
  try {
    for (let step = 0; ; step++) {
      const prepared = await prepareStep?.({ step, messages })
      const sent = {
        ...rest,
        messages,
        ...(definitions.length > 0 && { tools: definitions }),
        // a forced call in each step would never end
        ...(choice !== undefined && { tool_choice: step === 0 || choice === 'none' ? choice : 'auto' }),
        ...prepared,
        signal,
      }
      const answer = yield* ask(target, sent, step, stream)
      totals.add(answer)
      const [first] = answer.choices
      if (!first) throw new BadRequestError('The answer must have a choice; got none.')
      messages.push(first.message)
      const calls = first.message.tool_calls ?? []
      const spent = maxCost !== undefined && totals.known >= maxCost
      const end: ToolsEnd | undefined =
        calls.length === 0 ? 'answer' : step + 1 >= maxSteps ? 'max_steps' : spent ? 'max_cost' : undefined
      const running: Running = {
        ...{ tools, options, signal, messages: [...messages], step },
        cut: first.finish_reason === 'length',
        approvals: Promise.resolve(),
      }
      const answered =
        end === undefined
          ? yield* runAll(calls, running, parallel)
          : calls.map((call) =>
              skipTool(
                call,
                end === 'max_cost' ? 'The limit of costs was reached.' : 'The limit of steps was reached.',
              ),
            )
      messages.push(...answered.map(({ message }) => message))
      const done: ToolStep = { answer, calls: answered.map((one) => one.result) }
      steps.push(done)
      await onStep?.(done)
      yield { type: 'step', step: done }
      if (end) return result(end) as ToolsResult
    }
  } catch (error) {
    const failure =
      signal.aborted && !LLMError.is(error) ? new AbortError('The run was aborted.', { cause: error }) : error
    const partial = result('answer')
    if (partial && typeof failure === 'object' && failure !== null) partials.set(failure, withoutOpenCalls(partial))
    throw failure
  } finally {
    // a reader that leaves ends tools and calls in flight
    own.abort(new AbortError('The run has ended.'))
  }
}

/** Calls the model once. */
async function* ask(
  target: ToolsTarget,
  request: object,
  step: number,
  stream: boolean,
): AsyncGenerator<ToolsEvent, ChatCompletion, undefined> {
  if (!stream) return (await target.completion(request as never)) as ChatCompletion
  const answer = await target.completion({ ...request, stream: true } as never)
  if (!(answer instanceof CompletionStream)) return answer as ChatCompletion
  for await (const chunk of answer) yield { type: 'chunk', step, chunk }
  return answer.final()
}

/** Runs the tools of an answer, at the same time. Results are reported as they come, and returned in the order of the calls. */
async function* runAll(
  calls: readonly ToolCall[],
  running: Running,
  parallel: number,
): AsyncGenerator<ToolsEvent, Answered[], undefined> {
  for (const { id, ...call } of calls) {
    const { name, text } =
      call.type === 'custom'
        ? { name: call.custom.name, text: call.custom.input }
        : { name: call.function.name, text: call.function.arguments }
    yield { type: 'tool_call', step: running.step, call: { id, name, arguments: text } }
  }
  const answered: Answered[] = []
  const active = new Map<number, Promise<number>>()
  let next = 0
  while (next < calls.length || active.size > 0) {
    while (next < calls.length && active.size < parallel) {
      const at = next++
      const running_ = runTool(calls[at] as ToolCall, running).then((one) => {
        answered[at] = one
        return at
      })
      // another one may reject first
      running_.catch(() => {})
      active.set(at, running_)
    }
    const at = await Promise.race(active.values())
    active.delete(at)
    yield { type: 'tool_result', step: running.step, call: (answered[at] as Answered).result }
  }
  return answered
}

const definitionsOf = (tools: ToolSet): Tool[] =>
  Object.entries(tools).map(([name, { description, parameters, strict }]) => ({
    type: 'function',
    function: {
      name,
      parameters: (parameters ?? { type: 'object', properties: {} }) as Record<string, unknown>,
      ...(description !== undefined && { description }),
      ...(strict !== undefined && { strict }),
    },
  }))

/** Messages that can be sent again: each tool call has its result. */
function withoutOpenCalls(partial: ToolsResult): ToolsResult {
  const messages = [...partial.messages]
  const last = messages.at(-1)
  const steps = partial.steps.length
  if (last?.role === 'assistant' && last.tool_calls && last !== partial.steps[steps - 1]?.answer.choices[0]?.message) {
    messages.push(...last.tool_calls.map((call) => skipTool(call, 'The run was interrupted.').message))
  }
  return { ...partial, messages }
}

function check(target: ToolsTarget, { tools, ...rest }: ToolsRequest, options: ToolsOptions): void {
  if (typeof target?.completion !== 'function') {
    throw new BadRequestError(`The first argument of runTools() must be a client or a Router; ${got(target)}.`)
  }
  if (typeof tools !== 'object' || tools === null || Array.isArray(tools)) {
    throw new BadRequestError(`'tools' must be an object such as { get_weather: tool({ … }) }; ${got(tools)}.`, {
      param: 'tools',
    })
  }
  for (const [name, one] of Object.entries(tools)) {
    if (typeof one?.execute !== 'function') {
      throw new BadRequestError(`'tools.${name}.execute' must be a function; ${got(one?.execute)}.`, { param: 'tools' })
    }
    if (one.needsApproval && !options.approve) {
      throw new BadRequestError(
        `'approve' must be a function, because the tool '${name}' needs approval; got undefined.`,
        {
          param: 'approve',
        },
      )
    }
  }
  const { n, stream } = rest as { n?: unknown; stream?: unknown }
  if (n !== undefined && n !== null && n !== 1)
    throw new BadRequestError(`'n' must be 1 with tools; ${got(n)}.`, { param: 'n' })
  if (stream)
    throw new BadRequestError(`'stream' must be absent; ${got(stream)}. Use streamTools().`, { param: 'stream' })
  const { maxSteps, maxCost, parallel } = options
  for (const [name, value] of Object.entries({ maxSteps, parallel })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new BadRequestError(`'${name}' must be an integer of 1 or more; ${got(value)}.`, { param: name })
    }
  }
  if (maxCost !== undefined && !(typeof maxCost === 'number' && maxCost > 0)) {
    throw new BadRequestError(`'maxCost' must be US dollars, a number above 0; ${got(maxCost)}.`, { param: 'maxCost' })
  }
}

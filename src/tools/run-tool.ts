import { systemClock } from '../call/clock.js'
import { got } from '../errors.js'
import type { Message, ToolCall, ToolMessage } from '../types/messages.js'
import { readInput } from './input.js'
import { isToolResult } from './tool.js'
import type { AnyTool, ToolCallResult, ToolContext, ToolSet, ToolsOptions } from './types.js'

/** A call with the message that answers it. */
export interface Answered {
  readonly result: ToolCallResult
  readonly message: ToolMessage
}

/** State of a step that its tools share. */
export interface Running {
  readonly tools: ToolSet
  readonly options: Pick<ToolsOptions, 'approve'>
  readonly signal: AbortSignal
  readonly messages: readonly Message[]
  readonly step: number
  /** True if the answer ended at the limit of output tokens. */
  readonly cut: boolean
  /** Approvals are asked one after the other. */
  approvals: Promise<unknown>
}

type Failure = Exclude<ToolCallResult, { status: 'done' }>['status']

/** Runs the tool of a call. Rejects only if the run is aborted. */
export async function runTool(call: ToolCall, running: Running): Promise<Answered> {
  const { tools, signal, messages, step, cut } = running
  const { name, text } = partsOf(call)
  const base = { id: call.id, arguments: text, repaired: false, durationMs: 0 }
  const fail = (status: Failure, error: string, more: object = {}): Answered =>
    answer(call, { ...base, status, name, input: undefined, error, ...more } as ToolCallResult, `Error: ${error}`, true)
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
  if (!tool) return fail('invalid', `Unknown tool '${name}'. Known tools: ${Object.keys(tools).join(', ')}.`)
  let started: number | undefined
  const facts = { repaired: false, input: undefined as unknown }
  try {
    const { input, repaired, error } = await readInput(tool, text, cut)
    Object.assign(facts, { input, repaired })
    if (error !== undefined) return fail('invalid', error, facts)
    const denied = await denial(tool, { id: call.id, name, input }, running)
    if (denied !== undefined) return fail('denied', denied, facts)
    started = systemClock.now()
    const output = await execute(tool, input, { id: call.id, name, signal, messages, step })
    const durationMs = systemClock.now() - started
    const content = contentOf(output)
    if (isToolResult(output) && output.isError) {
      const error = typeof content === 'string' ? content : 'The tool reported an error.'
      const result = { ...base, ...facts, durationMs, status: 'failed', name, error, cause: output } as ToolCallResult
      return answer(call, result, content, true)
    }
    return answer(call, { ...base, ...facts, durationMs, status: 'done', name, output } as ToolCallResult, content)
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    const error = cause instanceof Error ? cause.message : String(cause)
    const durationMs = started === undefined ? 0 : systemClock.now() - started
    return fail('failed', error || 'The tool failed.', { ...facts, cause, durationMs })
  }
}

/** A call whose tool does not run, because a limit was reached. The conversation stays complete. */
export function skipTool(call: ToolCall, error: string): Answered {
  const { name, text } = partsOf(call)
  const base = { id: call.id, arguments: text, repaired: false, durationMs: 0 }
  return answer(call, { ...base, status: 'skipped', name, input: undefined, error }, `Error: ${error}`, true)
}

const partsOf = (call: ToolCall): { name: string; text: string } =>
  call.type === 'custom'
    ? { name: call.custom.name, text: call.custom.input }
    : { name: call.function.name, text: call.function.arguments }

function answer(call: ToolCall, result: ToolCallResult, content: ToolMessage['content'], isError = false): Answered {
  const message: ToolMessage = { role: 'tool', tool_call_id: call.id, content, ...(isError && { is_error: true }) }
  return { result, message }
}

/** The reason why a call was denied; undefined if it may run. */
async function denial(
  tool: AnyTool,
  call: { id: string; name: string; input: unknown },
  running: Running,
): Promise<string | undefined> {
  const { needsApproval: needs } = tool
  const { approve } = running.options
  if (!approve || !(typeof needs === 'function' ? await needs(call.input as never) : needs)) return undefined
  const asked = running.approvals.then(() => untilAborted(running.signal, async () => approve(call)))
  running.approvals = asked.catch(() => {})
  const approved = await asked
  if (approved === true) return undefined
  return typeof approved === 'string' ? `The call was not approved: ${approved}` : 'The call was not approved.'
}

function execute(tool: AnyTool, input: unknown, context: ToolContext): Promise<unknown> {
  const { timeout } = tool
  if (timeout === undefined) return untilAborted(context.signal, async () => tool.execute(input as never, context))
  const late = AbortSignal.timeout(timeout)
  const signal = AbortSignal.any([context.signal, late])
  return untilAborted(signal, async () => tool.execute(input as never, { ...context, signal })).catch((error) => {
    throw late.aborted && !context.signal.aborted ? new Error(`The tool took longer than ${timeout} ms.`) : error
  })
}

/** Runs something, and rejects as soon as the signal is aborted: tools may not listen to it. */
function untilAborted<Value>(signal: AbortSignal, run: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    run()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}

/** Values that JSON would lose: `JSON.stringify()` makes `{}` of a Map, a Set and an Error. */
function asJSON(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  // a Buffer has been changed by its own toJSON()
  const given = (this as Readonly<Record<string, unknown>>)[key]
  if (given instanceof Map || given instanceof Set) return [...given]
  if (given instanceof Error) return { name: given.name, message: given.message }
  if (ArrayBuffer.isView(given) || given instanceof ArrayBuffer) {
    throw new TypeError('The result of a tool must be JSON; got bytes. Return toolResult() with an image or a file.')
  }
  return value
}

/** The result of a tool as content of its message. */
function contentOf(output: unknown): ToolMessage['content'] {
  if (typeof output === 'string') return output
  if (output === undefined) return 'Done.'
  if (isToolResult(output)) return typeof output.content === 'string' ? output.content : [...output.content]
  const text: string | undefined = JSON.stringify(output, asJSON)
  if (text === undefined) throw new TypeError(`The result of a tool must be JSON; ${got(output)}.`)
  return text
}

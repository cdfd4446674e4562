import type { RouterCallOptions } from '../router/types.js'
import type { ChatCompletion, ChatCompletionChunk, ResponseFormatInput, Tool, Usage } from '../types/chat.js'
import type { Message, ToolResultPart } from '../types/messages.js'
import type { CompletionRequest } from '../types/options.js'
import type { JSONSchema, SchemaOutput, StandardSchema } from '../types/schema.js'

/** Facts that a tool gets beside its input. */
export interface ToolContext {
  /** Id of the call. */
  readonly id: string
  /** Name of the tool. */
  readonly name: string
  /** Aborted with the run, or when the tool's `timeout` is over. */
  readonly signal: AbortSignal
  /** The conversation up to this call. */
  readonly messages: readonly Message[]
  /** Number of the step, from 0. */
  readonly step: number
}

/** Input of a tool: the output of its schema, or any object for JSON Schema. */
export type ToolInput<Schema> = Schema extends StandardSchema ? SchemaOutput<Schema> : Record<string, unknown>

/** A tool that the loop runs. */
export interface RunnableTool<Schema = StandardSchema | JSONSchema, Output = unknown> {
  /** Purpose of the tool; the model uses it to decide when to call. */
  description?: string | undefined
  /** Schema of the input: zod or any Standard Schema, which validates it, or JSON Schema. @default no input */
  parameters?: Schema | undefined
  /** Guarantees input that matches the schema, on providers with strict mode. @default the provider's */
  strict?: boolean | undefined
  /**
   * Runs the tool. The result goes to the model: a string as it is, {@link toolResult} for images and files, everything else as JSON. An
   * exception goes to the model as an error.
   */
  execute(input: ToolInput<Schema>, context: ToolContext): Output | Promise<Output>
  /** Whether `approve()` is asked before the tool runs. @default false */
  needsApproval?: boolean | ((input: ToolInput<Schema>) => boolean | Promise<boolean>) | undefined
  /** Time after which the tool has failed, in milliseconds. @default none */
  timeout?: number | undefined
}

/** A tool of any type. */
export interface AnyTool {
  /** Purpose of the tool. */
  description?: string | undefined
  /** Schema of the input. */
  parameters?: StandardSchema | JSONSchema | undefined
  /** Strict mode of the provider. */
  strict?: boolean | undefined
  /** Runs the tool. */
  execute(input: never, context: ToolContext): unknown
  /** Whether `approve()` is asked before the tool runs. */
  needsApproval?: boolean | ((input: never) => boolean | Promise<boolean>) | undefined
  /** Time after which the tool has failed, in milliseconds. */
  timeout?: number | undefined
}

/** Tools by their names. */
export type ToolSet = Readonly<Record<string, AnyTool>>

/** Content of a tool's result beside text, made by {@link toolResult}. */
export interface ToolResultContent {
  /** Text, images and files. */
  readonly content: string | readonly ToolResultPart[]
  /** True for an error that the tool reports. @default false */
  readonly isError?: boolean | undefined
}

/** A tool of unknown type has unknown input. */
type InputOf<Tool extends AnyTool> = [Parameters<Tool['execute']>[0]] extends [never]
  ? unknown
  : Parameters<Tool['execute']>[0]

interface ToolCallBase {
  /** Id of the call. */
  readonly id: string
  /** The arguments as the model wrote them. */
  readonly arguments: string
  /** True if the arguments were no JSON and have been repaired. */
  readonly repaired: boolean
  /** Time that the tool took, in milliseconds; 0 if it did not run. */
  readonly durationMs: number
}

/** A call of a tool with its result, typed by the name of the tool. */
export type ToolCallResult<Tools extends ToolSet = ToolSet> =
  | {
      [Name in keyof Tools & string]: ToolCallBase & {
        readonly status: 'done'
        /** Name of the tool. */
        readonly name: Name
        /** The validated input. */
        readonly input: InputOf<Tools[Name]>
        /** The result of the tool. */
        readonly output: Awaited<ReturnType<Tools[Name]['execute']>>
      }
    }[keyof Tools & string]
  | (ToolCallBase & {
      /**
       * `failed`: the tool threw or reported an error. `invalid`: unknown tool or wrong arguments. `denied`: not approved. `skipped`: a limit
       * was reached.
       */
      readonly status: 'failed' | 'invalid' | 'denied' | 'skipped'
      /** Name in the call, which may be unknown. */
      readonly name: string
      /** The input, if it could be read. */
      readonly input: unknown
      /** The text that the model got. */
      readonly error: string
      /** The exception of the tool. */
      readonly cause?: unknown
    })

/** One call of the model and the tools that it called. */
export interface ToolStep<Tools extends ToolSet = ToolSet> {
  /** The answer of the model. */
  readonly answer: ChatCompletion
  /** Calls of tools, in the order of the answer. */
  readonly calls: readonly ToolCallResult<Tools>[]
}

/** A request for {@link runTools}: a chat request whose `tools` can run. */
export type ToolsRequest<
  Tools extends ToolSet = ToolSet,
  Format extends ResponseFormatInput | undefined = ResponseFormatInput | undefined,
> = Omit<CompletionRequest<false, Format>, 'tools' | 'stream' | 'n' | 'functions' | 'function_call'> &
  Partial<RouterCallOptions> & {
    /** Tools by name. */
    tools: Tools
    /** Tools that the provider runs, such as web search. */
    providerTools?: readonly Tool[] | undefined
  }

/** A call that waits for approval. */
export interface ApprovalRequest {
  /** Id of the call. */
  readonly id: string
  /** Name of the tool. */
  readonly name: string
  /** The validated input. */
  readonly input: unknown
}

/** Options of {@link runTools}. */
export interface ToolsOptions<Tools extends ToolSet = ToolSet> {
  /** Most calls of the model. @default 20 */
  maxSteps?: number | undefined
  /** No further call of the model starts once the calls so far have cost this, in US dollars. @default no limit */
  maxCost?: number | undefined
  /** Tools at the same time. @default 16 */
  parallel?: number | undefined
  /**
   * Asked, one call at a time, before a tool with `needsApproval` runs. False or a text denies it; the model gets the text as the reason.
   */
  approve?: ((call: ApprovalRequest) => boolean | string | Promise<boolean | string>) | undefined
  /** Called after each step. */
  onStep?: ((step: ToolStep<Tools>) => void | Promise<void>) | undefined
  /**
   * Called before each call of the model. Fields of the result replace those of the request, for this step: another model, fewer messages, or
   * `tool_choice`.
   */
  prepareStep?:
    | ((state: {
        step: number
        messages: readonly Message[]
      }) => Partial<CompletionRequest<false>> | undefined | Promise<Partial<CompletionRequest<false>> | undefined>)
    | undefined
}

/** Reason for the end of a run: the model answered, or a limit was reached. */
export type ToolsEnd = 'answer' | 'max_steps' | 'max_cost'

/** The result of a run. */
export interface ToolsResult<Tools extends ToolSet = ToolSet, Parsed = unknown> {
  /** Text of the last answer. */
  readonly text: string
  /** The last answer. */
  readonly answer: ChatCompletion<Parsed>
  /** The validated answer, if `response_format` was a schema object. */
  readonly parsed: Parsed | undefined
  /** Reason for the end. */
  readonly end: ToolsEnd
  /** All steps, in order. */
  readonly steps: readonly ToolStep<Tools>[]
  /** The conversation: the given messages and all that followed. Every tool call in it has its result. */
  readonly messages: Message[]
  /** Sum of all steps; undefined if a step has none. */
  readonly usage: Usage | undefined
  /** Cost of all steps in US dollars; undefined if the price of a step is unknown. */
  readonly cost: number | undefined
}

/** An event of {@link streamTools}. */
export type ToolsEvent<Tools extends ToolSet = ToolSet> =
  | {
      type: 'chunk'
      /** Number of the step, from 0. */
      step: number
      /** A chunk of the model's answer. */
      chunk: ChatCompletionChunk
    }
  | {
      type: 'tool_call'
      /** Number of the step, from 0. */
      step: number
      /** Id, name and arguments of the call, before the tool runs. */
      call: { id: string; name: string; arguments: string }
    }
  | {
      type: 'tool_result'
      /** Number of the step, from 0. */
      step: number
      /** The call with its result, when it has come. */
      call: ToolCallResult<Tools>
    }
  | {
      type: 'step'
      /** The completed step. */
      step: ToolStep<Tools>
    }

/** A client or a Router, as far as the loop uses it. */
export interface ToolsTarget {
  /** Calls a chat model. */
  completion(request: never): Promise<unknown>
}

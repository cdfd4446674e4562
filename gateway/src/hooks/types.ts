import type { HttpErrorDialect } from 'llmux'

/** The caller of a request, without secrets. */
export interface HookCaller {
  /** True for the master key. */
  readonly master: boolean
  readonly role: string
  readonly keyAlias: string | null
  readonly userId: string | null
  readonly userEmail: string | null
  readonly teamId: string | null
  readonly teamAlias: string | null
  readonly organizationId: string | null
  /** Tags of the request, the key and the team. */
  readonly tags: readonly string[]
  /** Metadata of the key, without fields whose names suggest a secret. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A call that hooks look at. */
export interface HookCall {
  /** The header `x-litellm-call-id`. */
  readonly id: string
  /** `chat`, `completion`, `responses`, `messages`, `generateContent`, `embedding`, … */
  readonly operation: string
  /** The API of the client. */
  readonly dialect: HttpErrorDialect
  /** Path of the request without the query. */
  readonly path: string
  /** Whether the client asks for a stream. */
  readonly stream: boolean
  /** The model that the client named. */
  readonly requestedModel: string
  /** The model in use, after the changes of earlier hooks. */
  readonly model: string
  /** Parameters in the API of the client, after the changes of earlier hooks. */
  readonly params: Readonly<Record<string, unknown>>
  readonly caller: HookCaller
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal | undefined
  /** Values of hooks for their later stages. */
  readonly state: Map<string, unknown>
}

/** Refuses a call, or ends a stream with an error event. The client gets the error in its own API. */
export interface HookRefusal {
  readonly action: 'refuse'
  readonly message: string
  /** HTTP status, 400 to 599. @default 400 */
  readonly status?: number | undefined
}

/** Changes a call. */
export interface HookCallChange {
  readonly action: 'change'
  /** Parameters to set. A value of `undefined` removes one. */
  readonly params?: Readonly<Record<string, unknown>> | undefined
  /** Another model. The caller must have access to it. */
  readonly model?: string | undefined
}

/** Answers a call without a provider, at no cost. */
export interface HookReply {
  readonly action: 'answer'
  readonly text: string
}

/** Changes an answer. */
export interface HookAnswerChange {
  readonly action: 'change'
  /** The texts of the answer, as many as in `answer.texts`. One text takes the place of the first and empties the others. */
  readonly text: string | readonly string[]
}

export interface HookAllow {
  readonly action: 'allow'
}

// biome-ignore lint/suspicious/noConfusingVoidType: a hook may return nothing
type Result<Value> = Value | HookAllow | undefined | void | Promise<Value | HookAllow | undefined | void>

/** A whole answer. */
export interface HookAnswer {
  /** Texts of the choices or content blocks. */
  readonly texts: readonly string[]
  /** All texts, joined with line breaks. */
  readonly text: string
  /** The answer in the API of the client; undefined for a streamed answer. */
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/** A window of a streamed text. */
export interface HookWindow {
  /** The text that is held back, `size` characters or a little more. Nothing of it has reached the client. */
  readonly text: string
  /** Choice, content block or output item that the text belongs to. */
  readonly channel: string
  /** Whether the text of the channel pauses or ends here. */
  readonly last: boolean
}

/** Size of the windows of a stream, in characters. */
export interface WindowSize {
  /** Characters of a window. @default 200 */
  readonly size?: number | undefined
  /** New characters from one window to the next. Must be less than `size`. @default 50 */
  readonly stride?: number | undefined
}

/** Calls that a hook is for. `*` matches any text. All given lists must match. */
export interface HookScope {
  /** Aliases of keys. */
  readonly keys?: readonly string[] | undefined
  /** Ids or aliases of teams. */
  readonly teams?: readonly string[] | undefined
  /** Models, by the name in the request or the group behind it. */
  readonly models?: readonly string[] | undefined
  /** Paths such as `/v1/chat/completions`, or operations such as `chat`. */
  readonly routes?: readonly string[] | undefined
}

/** A guardrail, or a change of requests and answers. */
export interface Hook {
  /** Unique name, for `guardrails` of a request, messages and the log. */
  readonly name: string
  /** The treatment of calls when the hook throws, is late or returns something invalid: `open` continues without it, `closed` refuses. */
  readonly onFailure: 'open' | 'closed'
  /** Milliseconds for each stage. @default 5000 */
  readonly timeout?: number | undefined
  /** @default all calls */
  readonly for?: HookScope | undefined
  /** False: only for calls that name it in `guardrails`, or whose key or team does. @default true */
  readonly defaultOn?: boolean | undefined
  /** Before admission and the provider. */
  before?(call: HookCall): Result<HookCallChange | HookRefusal | HookReply>
  /** Windows of `onStream`. */
  readonly window?: WindowSize | undefined
  /** On each window of a streamed text, before any of it reaches the client. A change replaces the whole window. */
  onStream?(
    window: HookWindow,
    call: HookCall,
  ): Result<{ readonly action: 'change'; readonly text: string } | HookRefusal>
  /** On a whole answer. A stream is held back for it, unless the hook has `onStream`. */
  after?(answer: HookAnswer, call: HookCall): Result<HookAnswerChange | HookRefusal>
}

/** Types a hook, or several. */
export function defineHooks<Given extends Hook | readonly Hook[]>(hooks: Given): Given {
  return hooks
}

import type { ChatCompletion, Choice, Usage } from '../../../src/types/chat.js'
import {
  type ExpectedAnswer,
  type ExpectedChoice,
  type ExpectedTool,
  type ExpectedUsage,
  finishOf,
} from '../expectation/expectation.js'
import { canonical, filled, isObject, object, objects, parse, show } from '../wire/json.js'
import { checkShape } from './shape.js'

/** Everything in which an answer is not what the recording says. */
export function checkAnswer(answer: ChatCompletion, expected: ExpectedAnswer): string[] {
  const wrong: string[] = []
  const want = (what: string, got: unknown, recorded: unknown) => {
    if (canonical(got ?? null) !== canonical(recorded ?? null)) {
      wrong.push(`${what}: got ${show(got)}, recorded ${show(recorded)}`)
    }
  }
  if (expected.id !== undefined) want('id', answer.id, expected.id)
  else if (!answer.id) wrong.push('id: empty')
  if (expected.model !== undefined) want('model', answer.model, expected.model)
  else if (!answer.model) wrong.push('model: empty')
  want(
    'choices',
    answer.choices.map(({ index }) => index),
    expected.choices.map(({ index }) => index),
  )
  for (const choice of expected.choices) {
    const found = answer.choices.find(({ index }) => index === choice.index)
    if (found) checkChoice(found, choice, want)
  }
  wrong.push(...checkUsage(answer.usage, expected.usage), ...checkShape(answer))
  const json = JSON.stringify(answer)
  for (const lost of expected.kept) {
    if (!json.includes(JSON.stringify(lost).slice(1, -1))) wrong.push(`lost: ${show(lost)} is nowhere in the answer`)
  }
  return wrong
}

type Want = (what: string, got: unknown, recorded: unknown) => void

function checkChoice(found: Choice, expected: ExpectedChoice, want: Want): void {
  const { message } = found
  const at = `choices[${expected.index}]`
  want(`${at} text`, message.content ?? '', expected.text)
  want(`${at} refusal`, message.refusal ?? '', expected.refusal)
  want(`${at} reasoning`, message.reasoning_content ?? '', expected.reasoning)
  want(`${at} tools`, toolsOf(message.tool_calls, expected.tools), expected.tools.map(comparable))
  want(`${at} function_call`, message.function_call, expected.functionCall)
  want(`${at} logprobs`, found.logprobs?.content?.length ?? 0, expected.logprobs)
  const notes = objects(message.annotations)
  const urls = notes.flatMap((note) => filled(object(note.url_citation).url) ?? [])
  // what cites no URL has another place: the type of an annotation knows URLs only
  want(`${at} annotations that cite no URL`, notes.filter((note) => !isObject(note.url_citation)).length, 0)
  if (expected.citedUrls.length > 0) want(`${at} cited URLs`, urls, expected.citedUrls)
  checkFinish(found, expected, want)
  if (expected.thinking.length > 0) {
    want(
      `${at} thinking_blocks`,
      (message.thinking_blocks ?? []).map((block) =>
        block.type === 'thinking'
          ? { type: block.type, text: block.thinking, ...(block.signature && { signature: block.signature }) }
          : { type: block.type, text: block.data },
      ),
      expected.thinking,
    )
  }
}

function checkFinish(found: Choice, { index, finish, nativeFinish, tools }: ExpectedChoice, want: Want): void {
  const at = `choices[${index}] finish_reason`
  if (finish === undefined) {
    // a stream that ends with [DONE] alone: calls in it are a good reason too
    want(at, found.finish_reason, tools.length > 0 && found.finish_reason !== 'stop' ? 'tool_calls' : 'stop')
    return
  }
  want(at, found.finish_reason, finishOf(finish))
  want(`choices[${index}] native finish reason`, found.native_finish_reason ?? found.finish_reason, nativeFinish)
}

type Tools = NonNullable<Choice['message']['tool_calls']>

/** Where the provider gives no id, any will do. */
const toolsOf = (calls: Tools = [], expected: readonly ExpectedTool[]) =>
  calls.map((call, at) => {
    const id = expected[at] && expected[at].id === undefined && call.id ? undefined : call.id
    return comparable(
      call.type === 'custom'
        ? { id, name: call.custom.name, arguments: call.custom.input }
        : { id, name: call.function.name, arguments: call.function.arguments },
    )
  })

/** Arguments as JSON where they are JSON. No arguments at all, Groq's null and an empty object are the same call. */
const comparable = ({ id, name, arguments: written }: ExpectedTool) => ({
  ...(id !== undefined && { id }),
  name,
  arguments: written.trim() === '' || written === 'null' ? {} : (parse(written) ?? written),
})

/** Counts by the definition in `src/types/chat.ts`: said counts are there, unsaid ones are not, parts fit their whole. */
export function checkUsage(usage: Usage | undefined, expected: ExpectedUsage | undefined): string[] {
  if (!expected || !usage) {
    return expected === usage ? [] : [`usage: got ${show(usage)}, recorded ${show(expected)}`]
  }
  const wrong: string[] = []
  const want = (what: string, got: unknown, recorded: unknown) => {
    if (got !== recorded) wrong.push(`usage ${what}: got ${show(got)}, recorded ${show(recorded)}`)
  }
  const { cached_tokens: cached, cache_creation_tokens: written } = usage.prompt_tokens_details ?? {}
  const reasoning = usage.completion_tokens_details?.reasoning_tokens
  // Grok behind Azure says more tokens cached than there were in the prompt: then only the sums below can be checked
  if ((expected.cached ?? 0) <= expected.prompt) {
    want('prompt_tokens', usage.prompt_tokens, expected.prompt)
    want('cached_tokens', cached, expected.cached)
  }
  want('completion_tokens', usage.completion_tokens, expected.completion)
  want('total_tokens', usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
  want('cache_creation_tokens', written, expected.cacheWritten)
  want('reasoning_tokens', reasoning, expected.reasoning)
  if (expected.cost !== undefined) want('cost', usage.cost, expected.cost)
  if ((cached ?? 0) + (written ?? 0) > usage.prompt_tokens) wrong.push('usage: more tokens cached than in the prompt')
  if ((reasoning ?? 0) > usage.completion_tokens) wrong.push('usage: more tokens of reasoning than in the answer')
  return wrong
}

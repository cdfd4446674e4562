import type { ChatCompletion } from '../../../src/types/chat.js'
import type { Message } from '../../../src/types/messages.js'
import { checkTurn } from '../check/turn.js'
import { isDirectCaller, isScrubbed } from '../equivalence/anthropic.js'
import { dropNulls } from '../equivalence/rule.js'
import type { ExpectedAnswer } from '../expectation/expectation.js'
import { modelOf, prefixOf } from '../request/request.js'
import { isText } from '../request/text-completion.js'
import { type Fields, firstDifference, isObject, list, object, objects, text } from '../wire/json.js'
import type { Recording } from '../wire/recording.js'
import { describe, play, type Stage } from './chat.js'

/**
 * Puts an answer into the history of a next call, as it came, and checks that the model gets back what it said: reasoning with
 * its signatures, citations and the blocks of server tools among it.
 * @param blocks what Anthropic said, as blocks
 */
export async function replayHistory(
  stage: Stage,
  recording: Recording,
  { choices }: ChatCompletion,
  expected: ExpectedAnswer,
  blocks: readonly Fields[] | undefined,
): Promise<string[]> {
  const [choice] = choices
  if (!choice || choices.length > 1) return []
  const calls = choice.message.tool_calls ?? []
  // a text model has no turns
  if (blocks?.length === 0 || isText(recording)) return []
  const messages: Message[] = [
    { role: 'user', content: 'Hello' },
    choice.message,
    ...calls.map(({ id }): Message => ({ role: 'tool', tool_call_id: id, content: 'done' })),
    { role: 'user', content: 'Go on' },
  ]
  const { sent, error } = await play(stage, recording, (options) =>
    stage.client.completion({ model: modelOf(recording).full, messages, ...options }),
  )
  const [first] = sent
  if (!first) return [`as history: refused: ${describe(error)}`]
  const turn = objects(object(first.body).messages).find(({ role }) => role === 'assistant')
  if (!blocks) return checkTurn(turn, expected, prefixOf(recording))
  const difference = firstDifference(comparable(contentOf(turn)), comparable(blocks))
  return difference ? [`as history: ${difference}`] : []
}

function contentOf(turn: Fields | undefined): unknown[] {
  const content = turn?.content
  return typeof content === 'string' ? [{ type: 'text', text: content }] : list(content)
}

/** Without what the API takes for unsaid, or refuses to be told: empty text, nulls, the model itself as the caller of a tool. */
function comparable(blocks: readonly unknown[]): unknown[] {
  const kept = structuredClone(blocks).filter(
    (block) => isObject(block) && !isScrubbed(block) && !(block.type === 'text' && text(block.text)?.trim() === ''),
  )
  for (const block of kept.filter(isObject)) {
    dropNulls(block)
    if (isDirectCaller(block.caller)) delete block.caller
    if (Array.isArray(block.citations) && block.citations.length === 0) delete block.citations
  }
  return kept
}

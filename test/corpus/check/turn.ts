import { loadProvider } from '../../../providers/registry.js'
import type { ExpectedAnswer } from '../expectation/expectation.js'
import { reasoningOf, reasoningSecrets, textOf } from '../expectation/openai.js'
import { canonical, type Fields, isObject, object, objects, parse, show, text } from '../wire/json.js'

/** Everything in which a turn that is sent back to a host of OpenAI's wire is not what the host had said. */
export async function checkTurn(turn: Fields | undefined, expected: ExpectedAnswer, prefix: string): Promise<string[]> {
  const [choice] = expected.choices
  if (!choice) return []
  if (!turn) return ['as history: the turn is lost']
  const wrong: string[] = []
  const want = (what: string, got: unknown, wanted: unknown) => {
    if (canonical(got) !== canonical(wanted)) {
      wrong.push(`as history: ${what}: got ${show(got)}, recorded ${show(wanted)}`)
    }
  }
  want('text', textOf(turn.content), choice.text)
  const calls = objects(turn.tool_calls).map((call) => {
    const { name, arguments: written, input } = object(isObject(call.custom) ? call.custom : call.function)
    return { name, arguments: readable(text(written) ?? text(input) ?? '') }
  })
  want(
    'tools',
    calls,
    choice.tools.map((tool, at) => {
      const recorded = readable(tool.arguments)
      // arguments that are no object are repaired
      const sent = calls[at]?.arguments
      return { name: tool.name, arguments: isObject(recorded) || !isObject(sent) ? recorded : sent }
    }),
  )
  for (const [at, { id }] of choice.tools.entries()) {
    // what the corpus has blotted out is an id that Mistral would refuse
    if (id !== undefined && !/_REDACTED_/.test(id)) want(`id of call ${at}`, objects(turn.tool_calls)[at]?.id, id)
  }
  const json = JSON.stringify(turn)
  for (const kept of expected.replayed) {
    if (!json.includes(JSON.stringify(kept).slice(1, -1))) wrong.push(`as history: ${show(kept)} is lost`)
  }
  if (choice.reasoning && (await takesReasoning(prefix)) && reasoningSecrets(turn).length === 0) {
    want('reasoning', reasoningOf(turn) || textOfDetails(turn), choice.reasoning)
  }
  return wrong
}

const readable = (written: string): unknown => (written.trim() === '' ? {} : (parse(written) ?? written))

const textOfDetails = (turn: Fields): string =>
  objects(turn.reasoning_details)
    .map((detail) => text(detail.text) ?? text(detail.summary) ?? '')
    .join('')

/** Whether llmux knows the host for one that wants its reasoning back. */
async function takesReasoning(prefix: string): Promise<boolean> {
  const provider = await loadProvider(prefix)
  const quirks = object(provider?.ownQuirks ?? provider?.quirks)
  return quirks.replayReasoning !== undefined
}

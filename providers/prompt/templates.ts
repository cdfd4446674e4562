import type { Report } from '../report.js'
import type { Dialogue } from './turns.js'

/** The prompt format of a model family. */
export interface Template {
  /** Control sequences that begin or end a turn; they must not occur in message text. */
  readonly marks: RegExp
  /** Makes a control sequence harmless. */
  readonly blunt: (mark: string) => string
  readonly write: (dialogue: Dialogue) => string
}

/** Writes a dialogue as one prompt in which no message can begin or end a turn. */
export function writePrompt({ marks, blunt, write }: Template, { system, turns }: Dialogue, report: Report): string {
  let found = false
  const plain = (text: string) =>
    text.replace(marks, (mark) => {
      found = true
      return blunt(mark)
    })
  const prompt = write({ system: plain(system), turns: turns.map(({ role, text }) => ({ role, text: plain(text) })) })
  if (found) report.changed('messages', 'Texts contained control sequences of the model: they were broken up.')
  return prompt
}

const apart = (mark: string): string => `${mark.slice(0, 1)} ${mark.slice(1)}`

/** `<s>[INST]` of Llama 2 and Mistral, and Mistral's other control tokens. */
const brackets = /<\/?s>|<<\/?SYS>>|\[\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CONTENT|TOOL_CALLS)\]/g

/** https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-3 */
export const llama3: Template = {
  marks: /<\|(?=\w+\|>)/g,
  blunt: apart,
  write({ system, turns }) {
    const part = (role: string, text: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n${text}`
    const all = [...(system ? [part('system', system)] : []), ...turns.map(({ role, text }) => part(role, text))]
    return `<|begin_of_text|>${all.map((text) => `${text}<|eot_id|>`).join('')}${part('assistant', '')}`
  },
}

/** https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-2 */
export const llama2: Template = {
  marks: brackets,
  blunt: apart,
  write: ({ system, turns }) => pairs(turns, system ? `<<SYS>>\n${system}\n<</SYS>>\n\n` : '', ' </s>'),
}

/** https://docs.mistral.ai/cookbooks/concept-deep-dive-tokenization-chat_templates */
export const mistral: Template = {
  marks: brackets,
  blunt: apart,
  write: ({ system, turns }) => pairs(turns, system ? `${system}\n\n` : '', '</s>'),
}

function pairs(turns: Dialogue['turns'], begin: string, end: string): string {
  return turns
    .map(({ role, text }, index) => {
      if (role === 'assistant') return ` ${text}${end}`
      return `<s>[INST] ${index === 0 ? begin : ''}${text} [/INST]`
    })
    .join('')
}

/** Quotes lines that begin with a speaker's name. */
const quoted = () => '> '

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html */
export const titan: Template = {
  marks: /(?<=[\r\n\v\f\u0085\u2028\u2029])(?=[^\S\r\n]*(?:User|Bot):)/gi,
  blunt: quoted,
  write: ({ system, turns }) =>
    `${system ? `${system}\n\n` : ''}${turns.map(({ role, text }) => `${role === 'user' ? 'User' : 'Bot'}: ${text}\n`).join('')}Bot:`,
}

const speakers: Template = {
  marks: /(?<=[\r\n\v\f\u0085\u2028\u2029])(?=[^\S\r\n]*(?:User|Assistant):)/gi,
  blunt: quoted,
  write({ turns }) {
    const said = turns.map(({ role, text }) => `${role === 'user' ? 'User' : 'Assistant'}: ${text}`)
    return `${said.join('\n\n')}\n\nAssistant:`
  },
}

/** For models whose format is applied by the host or the caller. A single question is sent unchanged. */
export function transcript(dialogue: Dialogue, report: Report): string {
  const [only] = dialogue.turns
  return dialogue.turns.length === 1 && only
    ? only.text
    : writePrompt(speakers, { system: '', turns: dialogue.turns }, report)
}

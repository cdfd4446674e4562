import type { Dialogue } from './turns.js'

/** How families of models want a dialogue written down. */
export type Template = (dialogue: Dialogue) => string

/** https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-3 */
export const llama3: Template = ({ system, turns }) => {
  const part = (role: string, text: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n${text}`
  const all = [
    ...(system ? [part('system', plain(system))] : []),
    ...turns.map(({ role, text }) => part(role, plain(text))),
  ]
  return `<|begin_of_text|>${all.map((text) => `${text}<|eot_id|>`).join('')}${part('assistant', '')}`
}

/** https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-2 */
export const llama2: Template = ({ system, turns }) =>
  pairs(turns, system ? `<<SYS>>\n${system}\n<</SYS>>\n\n` : '', ' </s>')

/** https://docs.mistral.ai/cookbooks/concept-deep-dive-tokenization-chat_templates */
export const mistral: Template = ({ system, turns }) => pairs(turns, system ? `${system}\n\n` : '', '</s>')

function pairs(turns: Dialogue['turns'], begin: string, end: string): string {
  return turns
    .map(({ role, text }, index) => {
      if (role === 'assistant') return ` ${text}${end}`
      return `<s>[INST] ${index === 0 ? begin : ''}${text} [/INST]`
    })
    .join('')
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html */
export const titan: Template = ({ system, turns }) =>
  `${system ? `${system}\n\n` : ''}${turns.map(({ role, text }) => `${role === 'user' ? 'User' : 'Bot'}: ${text}\n`).join('')}Bot:`

/** For models whose own format the host puts around the text: a single question stays as it is. */
export const transcript: Template = ({ turns }) => {
  const [only] = turns
  if (turns.length === 1 && only) return only.text
  const said = turns.map(({ role, text }) => `${role === 'user' ? 'User' : 'Assistant'}: ${text}`)
  return `${said.join('\n\n')}\n\nAssistant:`
}

/** Words that would end a turn are text like any other where somebody writes them. */
const plain = (text: string): string => text.replace(/<\|(?=[a-z_]+\|>)/g, '< |')

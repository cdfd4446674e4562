// Hooks of the gateway. In config.yaml: `hooks: ./hooks.mjs`.

const cardNumber = /\b(?:\d[ -]?){12,15}\d\b/g
const mask = (text) => text.replaceAll(cardNumber, '[card number]')

/** Masks card numbers everywhere: in requests before a provider gets them, and in answers before the client does. */
const cards = {
  name: 'card-numbers',
  // without this hook no call is made
  onFailure: 'closed',
  timeout: 500,
  before({ params }) {
    const text = JSON.stringify(params)
    const masked = mask(text)
    if (masked !== text) return { action: 'change', params: JSON.parse(masked) }
  },
  // the hook sees every phrase of up to 40 characters as a whole before any of it is out
  window: { size: 60, stride: 20 },
  onStream({ text }) {
    const masked = mask(text)
    if (masked !== text) return { action: 'change', text: masked }
  },
  after({ texts }) {
    const masked = texts.map(mask)
    if (masked.some((text, index) => text !== texts[index])) return { action: 'change', text: masked }
  },
}

/** Answers a frequent question without a model. */
const hours = {
  name: 'opening-hours',
  onFailure: 'open',
  for: { routes: ['chat', 'messages', 'responses', 'generateContent'] },
  before({ params }) {
    if (/when are you open/i.test(JSON.stringify(params)))
      return { action: 'answer', text: 'We are open from 9 to 5, Monday to Friday.' }
  },
}

/** Refuses a secret project for all keys but those of its team. */
const project = {
  name: 'project-falcon',
  onFailure: 'closed',
  before({ params, caller }) {
    if (caller.teamAlias !== 'falcon' && /project falcon/i.test(JSON.stringify(params)))
      return { action: 'refuse', status: 403, message: 'This project is not for your team.' }
  },
}

/** @type {import('llmux-gateway').Hook[]} */
export default [cards, hours, project]

/** An event of a provider on its way to a client of the same API: its text passes unchanged, and is parsed for readers of objects. */
export class RawEvent {
  readonly name: string | undefined
  readonly data: string

  constructor(name: string | undefined, data: string) {
    this.name = name
    this.data = data
  }

  parse(): object {
    return JSON.parse(this.data) as object
  }

  /** The event of a server-sent stream. */
  get text(): string {
    const data = this.data.includes('\n') ? this.data.replaceAll('\n', '\ndata: ') : this.data
    return this.name === undefined ? `data: ${data}\n\n` : `event: ${this.name}\ndata: ${data}\n\n`
  }
}

/** Texts of answers that pass unchanged, until they are collected. */
const texts = new WeakMap<object, string>()

/** Keeps the text that an answer was parsed from. */
export const keepText = (answer: object, text: string): void => {
  texts.set(answer, text)
}

/** The text that an answer was parsed from, if it passes unchanged. */
export const textOfAnswer = (answer: object): string | undefined => texts.get(answer)

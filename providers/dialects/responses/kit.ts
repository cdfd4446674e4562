import { type Fields, isFields, textIn } from '../openai/kit.js'

export { type Fields, isFields, textIn }

export const fieldsIn = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])

/** Parts of a reasoning and messages of one answer are set apart by an empty line. */
export const gap = '\n\n'

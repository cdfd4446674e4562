import type Anthropic from '@anthropic-ai/sdk'
import type OpenAI from 'openai'
import type { KnownModel } from '../../../providers/known-models.js'

/** Every model that the SDKs name is known, but for these, which have no Chat Completions. Checked by `tsc`. */
export const withoutChat: Record<Exclude<OpenAI.ChatModel | Named<Anthropic.Model>, KnownModel>, true> = {
  'codex-mini-latest': true,
  'gpt-5.1-codex': true,
  'gpt-5.2-pro': true,
  'gpt-5.2-pro-2025-12-11': true,
}

/** Without the `string & {}` that lets any other name in. */
type Named<Name extends string> = Name extends unknown ? (string extends Name ? never : Name) : never

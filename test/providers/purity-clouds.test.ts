import { describe, expect, it } from 'vitest'
import type { EncodeContext, Provider } from '../../providers/contract.js'
import { loadProvider } from '../../providers/registry.js'
import type { ChatParams } from '../../src/types/chat.js'

/** Encoders read what they are given, and leave it as it was: everything is frozen here. */

const names = [
  'watsonx/ibm/granite-3-8b-instruct',
  'databricks/databricks-claude-3-7-sonnet',
  'cloudflare/@cf/meta/llama-3.1-8b-instruct',
  'huggingface/meta-llama/Llama-3.3-70B-Instruct',
  'replicate/meta/meta-llama-3-70b-instruct',
  'sagemaker/endpoint',
  'sagemaker_chat/endpoint',
  'bedrock/invoke/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'bedrock/invoke/meta.llama3-8b-instruct-v1:0',
  'bedrock/invoke/mistral.mistral-7b-instruct-v0:2',
  'bedrock/invoke/amazon.titan-text-express-v1',
  'bedrock/invoke/openai.gpt-oss-20b-1:0',
] as const

function frozen<Value>(value: Value): Value {
  if (value && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}

const params = frozen({
  model: 'm',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'hi' }] },
    { role: 'assistant', content: 'hello' },
    { role: 'user', content: 'and?' },
  ],
  max_tokens: 9,
  temperature: 0.5,
  stream: true,
  field_of_its_own: { a: [1] },
} as unknown as ChatParams)

async function find(name: string): Promise<{ provider: Provider; model: string }> {
  const slash = name.indexOf('/')
  const loaded = await loadProvider(name.slice(0, slash))
  const rest = name.slice(slash + 1)
  const provider = (await loaded?.route?.(rest)) ?? loaded
  if (!provider) throw new Error(`there is no ${name}`)
  return { provider, model: provider.modelName?.(rest) ?? rest }
}

describe('encode()', () => {
  it.each(names)('is deterministic and does not modify its input: %s', async (name) => {
    const { provider, model } = await find(name)
    const context: EncodeContext = frozen({
      provider: provider.id,
      model,
      dropParams: false,
      ownHost: true,
      settings: { project: 'p' },
      quirks: provider.quirks,
    })
    const encode = () => provider.dialect.chat?.encode(params, context)
    const first = encode()
    expect(encode()).toEqual(first)
    const body = JSON.stringify(first?.body)
    expect(body).toContain('and?')
    // what llmux has not heard of may be a field of the model
    expect(body).toContain('"field_of_its_own":{"a":[1]}')
  })
})

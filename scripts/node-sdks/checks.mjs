// The vendors' SDKs against createHandler() behind node:http: each asks, runs a tool and repeats its result. Prints a line per check.
import { createServer } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { createClient } from 'llmux'
import { createHandler } from 'llmux/server'
import { mockProvider } from 'llmux/testing'
import OpenAI from 'openai'
import NewestOpenAI from 'openai-newest'

const result = 'rain at 7 degrees'
const final = 'Rain in Oslo.'

/** The first answer is a call, the second a text. */
const reply = ({ body }) =>
  JSON.stringify(body).includes(result)
    ? { text: final }
    : { text: 'I look it up.', toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] }

const mock = mockProvider({ reply })
const account = { apiKey: 'key' }
const providers = { openai: account, moonshot: account, anthropic: account, gemini: account }
const client = createClient({ dispatcher: mock.dispatcher, maxRetries: 0, providers })
const server = createServer(createHandler(client).node)
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const base = `http://127.0.0.1:${server.address().port}`

const ask = 'Weather in Oslo?'
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

const messages = async (model, streamed) => {
  const sdk = new Anthropic({ apiKey: 'any', baseURL: base, maxRetries: 0 })
  const tools = [{ name: 'get_weather', description: 'Weather.', input_schema: schema }]
  const send = (history) => {
    const params = { model, max_tokens: 2000, tools, messages: history }
    return streamed ? sdk.messages.stream(params).finalMessage() : sdk.messages.create(params)
  }
  const history = [{ role: 'user', content: ask }]
  const { content } = await send(history)
  const { id } = content.find(({ type, input }) => type === 'tool_use' && input.city === 'Oslo')
  const results = [{ type: 'tool_result', tool_use_id: id, content: result }]
  const answer = await send([...history, { role: 'assistant', content }, { role: 'user', content: results }])
  return answer.content.find(({ type }) => type === 'text').text
}

const chatOf = (Package) => async (model, streamed) => {
  const sdk = new Package({ apiKey: 'any', baseURL: `${base}/v1`, maxRetries: 0 })
  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: schema } }]
  const send = async (history) => {
    const params = { model, tools, messages: history }
    const { choices } = streamed
      ? await sdk.chat.completions.stream(params).finalChatCompletion()
      : await sdk.chat.completions.create(params)
    return choices[0].message
  }
  const history = [{ role: 'user', content: ask }]
  const message = await send(history)
  const { id } = message.tool_calls.find(({ function: called }) => JSON.parse(called.arguments).city === 'Oslo')
  return (await send([...history, message, { role: 'tool', tool_call_id: id, content: result }])).content
}

const responsesOf = (Package) => async (model, streamed) => {
  const sdk = new Package({ apiKey: 'any', baseURL: `${base}/v1`, maxRetries: 0 })
  const tools = [{ type: 'function', name: 'get_weather', parameters: schema, strict: false }]
  const send = (input) => {
    const params = { model, tools, input }
    return streamed ? sdk.responses.stream(params).finalResponse() : sdk.responses.create(params)
  }
  const input = [{ role: 'user', content: ask }]
  const { output } = await send(input)
  const { call_id } = output.find(({ type, arguments: given }) => type === 'function_call' && given.includes('Oslo'))
  return (await send([...input, ...output, { type: 'function_call_output', call_id, output: result }])).output_text
}

const generateContent = async (model, streamed) => {
  const sdk = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: base } })
  const tools = [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: schema }] }]
  const chat = sdk.chats.create({ model, config: { tools } })
  const send = async (message) => {
    if (!streamed) return [await chat.sendMessage({ message })]
    const chunks = []
    for await (const chunk of await chat.sendMessageStream({ message })) chunks.push(chunk)
    return chunks
  }
  const calls = (await send(ask)).flatMap(({ functionCalls }) => functionCalls ?? [])
  const { id } = calls.find(({ args }) => args.city === 'Oslo')
  const functionResponse = { id, name: 'get_weather', response: { output: result } }
  return (await send([{ functionResponse }])).map(({ text }) => text ?? '').join('')
}

const clients = {
  'openai 6, chat': chatOf(OpenAI),
  'openai 6, responses': responsesOf(OpenAI),
  'the newest openai, chat': chatOf(NewestOpenAI),
  'the newest openai, responses': responsesOf(NewestOpenAI),
  '@anthropic-ai/sdk': messages,
  '@google/genai': generateContent,
}
const models = ['openai/gpt-5.4', 'moonshot/kimi-k2', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-3-flash-preview']

for (const [name, send] of Object.entries(clients)) {
  for (const model of models) {
    for (const streamed of [false, true]) {
      const said = await send(model, streamed).catch((error) => `${error.name}: ${error.message}`)
      const title = `${name}, ${streamed ? 'streamed, ' : ''}to ${model}`
      console.log(said === final ? `ok ${title}` : `FAILED ${title}: ${said.replaceAll('\n', ' ')}`)
    }
  }
}
server.closeAllConnections()
server.close()
await client.close()
await mock.close()

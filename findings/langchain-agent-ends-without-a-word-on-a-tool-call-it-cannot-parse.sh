#!/usr/bin/env bash
# LangChain's agent ends with an empty answer when a tool call's arguments are no JSON, and drops such a call if a good one is beside it.
#
# Packages: npm langchain@1.5.14 (createAgent), @langchain/core@1.4.0, @langchain/langgraph@1.7.3, @langchain/openai@1.6.0.
# Behaviour: a call of an unknown tool, or with arguments that break the schema, goes back to the model as an error, so it can correct itself.
#   A call that can't be parsed lands in invalid_tool_calls, which the agent doesn't read: the run is over after one request, with the text "" and
#   no error, though the finish reason was tool_calls. Beside a good call it is gone from the history that the next request sends.
# Seen on 2026-11-30 with Node 20, requests sent and the last message:
#   unknown tool: 2, "Done." · breaks the schema: 2, "Done." · no JSON: 1, "" · good and no JSON: 2, "Done.", calls in the 2nd request: 1 of 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  langchain@1.5.14 @langchain/core@1.4.0 @langchain/langgraph@1.7.3 @langchain/openai@1.6.0 openai@7.59.0 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';

const answer = (message, finish_reason) => ({
  id: crypto.randomUUID(), object: 'chat.completion', created: 1, model: 'm', usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
  choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason }],
});
const calls = (...list) => ({ tool_calls: list.map(([name, text], at) => ({ id: `call_${at}`, type: 'function', function: { name, arguments: text } })) });
let message, requests;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  requests.push(JSON.parse(body));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(requests.length === 1 ? answer(message, 'tool_calls') : answer({ content: 'Done.' }, 'stop')));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const model = new ChatOpenAI({ model: 'm', apiKey: 'any', maxRetries: 0, configuration: { baseURL: `http://127.0.0.1:${server.address().port}` } });
const look = tool(() => 'blue', { name: 'look', description: 'Looks', schema: z.object({ at: z.string() }) });

const cases = {
  'unknown tool': calls(['paint', '{}']),
  'breaks the schema': calls(['look', '{"at":5}']),
  'no JSON': calls(['look', '{at: "sky"}']),
  'good and no JSON': calls(['look', '{"at":"sky"}'], ['look', '{at: "sea"}']),
};
const expected = {
  'unknown tool': '2, "Done.", calls in the 2nd request: 1 of 1',
  'breaks the schema': '2, "Done.", calls in the 2nd request: 1 of 1',
  'no JSON': '1, ""',
  'good and no JSON': '2, "Done.", calls in the 2nd request: 1 of 2',
};
console.warn = () => {};
let changed = false;
for (const [name, first] of Object.entries(cases)) {
  message = first;
  requests = [];
  const { messages } = await createAgent({ model, tools: [look] }).invoke({ messages: [{ role: 'user', content: 'Look up' }] });
  const sent = requests[1]?.messages.find(({ tool_calls }) => tool_calls)?.tool_calls.length;
  const seen = `${requests.length}, ${JSON.stringify(messages.at(-1).content)}${sent === undefined ? '' : `, calls in the 2nd request: ${sent} of ${first.tool_calls.length}`}`;
  console.log(`${name}: ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: a call that cannot be parsed ends the run, or disappears.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs

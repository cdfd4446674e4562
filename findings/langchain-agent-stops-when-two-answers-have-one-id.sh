#!/usr/bin/env bash
# LangChain's agent stops in the middle of its work, without an error, when the server gives two answers the same id.
#
# Packages: npm langchain@1.5.14 (createAgent), @langchain/core@1.4.0, @langchain/langgraph@1.7.3, @langchain/openai@1.6.0.
# Behaviour: the id of an answer becomes the id of its message, and LangGraph replaces a message by a later one with the same id. The second answer takes the
#   first one's place, in front of the tool's result; that result is the last message, and the run ends with it. Its tool call is not run. Ids that repeat are
#   common: servers leave the field empty, and Ollama draws it from 999 numbers, so an agent of 20 turns meets two alike in one run of six. No id at all works.
# Seen on 2026-11-30 with Node 20, a model that calls a tool twice and then says "Done.":
#   ids differ: 3 requests, 2 tool runs, ai "Done." · no id: 3 requests, 2 tool runs, ai "Done."
#   same id: 2 requests, 1 tool runs, tool "blue" · empty id: 2 requests, 1 tool runs, tool "blue"
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

let id, requests;
const server = createServer((_, response) => {
  const turn = ++requests;
  const call = { id: `call_${turn}`, type: 'function', function: { name: 'look', arguments: '{"at":"sky"}' } };
  const message = turn < 3 ? { content: null, tool_calls: [call] } : { content: 'Done.' };
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: turn < 3 ? 'tool_calls' : 'stop' }];
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: id(turn), object: 'chat.completion', created: 1, model: 'm', choices }));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const model = new ChatOpenAI({ model: 'm', apiKey: 'any', maxRetries: 0, configuration: { baseURL: `http://127.0.0.1:${server.address().port}` } });

const cases = {
  'ids differ': [(turn) => `chatcmpl-${turn}`, '3 requests, 2 tool runs, ai "Done."'],
  'no id': [() => undefined, '3 requests, 2 tool runs, ai "Done."'],
  'same id': [() => 'chatcmpl-7', '2 requests, 1 tool runs, tool "blue"'],
  'empty id': [() => '', '2 requests, 1 tool runs, tool "blue"'],
};
let changed = false;
for (const [name, [ids, known]] of Object.entries(cases)) {
  id = ids;
  requests = 0;
  let runs = 0;
  const look = tool(() => (runs++, 'blue'), { name: 'look', description: 'Looks', schema: z.object({ at: z.string() }) });
  const { messages } = await createAgent({ model, tools: [look] }).invoke({ messages: [{ role: 'user', content: 'Look twice' }] }, { recursionLimit: 12 });
  const last = messages.at(-1);
  const seen = `${requests} requests, ${runs} tool runs, ${last.getType()} ${JSON.stringify(last.content)}`;
  console.log(`${name}: ${seen}`);
  changed ||= seen !== known;
}
console.log(changed ? 'The behaviour changed.' : 'As described: an answer replaces the one before, and the run is over.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs

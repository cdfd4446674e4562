#!/usr/bin/env bash
# multi-llm-ts runs the first of two parallel tool calls with {} and puts its arguments into the second one, if their pieces alternate.
#
# Package: npm multi-llm-ts@5.1.1, igniteModel('openai', ...).generate, on a stream of chat completions.
# Behaviour: each piece of arguments goes to the call that was opened last; the `index` that names the call is ignored. With both calls
#   opened in one chunk the first tool runs without its arguments and then the second fails. A server that sends one call after the other is read right.
# Seen on 2026-11-30 with Node 20, for weather {"city":"Oslo"} and count {"from":1,"to":2}:
#   one after the other: weather {"city":"Oslo"} · count {"from":1,"to":2}
#   alternating: weather {} · error: tool call count with invalid JSON args: "{"city":{"from":1"Oslo"},"to":2}"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps multi-llm-ts@5.1.1

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { igniteModel, Message, Plugin } from 'multi-llm-ts';

const chunk = (delta, finish_reason = null) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] });
const calls = (...pieces) => chunk({ tool_calls: pieces });
const open = (index, name, text = '') => ({ index, id: `call_${index}`, type: 'function', function: { name, arguments: text } });
const more = (index, text) => ({ index, function: { arguments: text } });
const end = chunk({}, 'tool_calls');
const streams = {
  'one after the other': [calls(open(0, 'weather')), calls(more(0, '{"city":')), calls(more(0, '"Oslo"}')), calls(open(1, 'count')), calls(more(1, '{"from":1')), calls(more(1, ',"to":2}')), end],
  alternating: [calls(open(0, 'weather'), open(1, 'count')), calls(more(0, '{"city":'), more(1, '{"from":1')), calls(more(0, '"Oslo"}'), more(1, ',"to":2}')), end],
};
let first, requests;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = requests++ === 0 ? first : [chunk({ content: 'Done.' }), chunk({}, 'stop')];
  response.end(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;

let seen;
class Tool extends Plugin {
  constructor(name) {
    super();
    this.name = name;
  }
  isEnabled() { return true; }
  getName() { return this.name; }
  getDescription() { return this.name; }
  getPreparationDescription() { return ''; }
  getRunningDescription() { return ''; }
  getParameters() { return []; }
  async execute(_, input) {
    seen.push(`${this.name} ${JSON.stringify(input)}`);
    return { ok: true };
  }
}
const expected = {
  'one after the other': 'weather {"city":"Oslo"} · count {"from":1,"to":2}',
  alternating: 'weather {} · error: tool call count with invalid JSON args: "{"city":{"from":1"Oslo"},"to":2}"',
};
let changed = false;
for (const [name, events] of Object.entries(streams)) {
  first = events;
  requests = 0;
  seen = [];
  const model = igniteModel('openai', { id: 'm', name: 'm', capabilities: { tools: true, vision: false, reasoning: false } }, { apiKey: 'any', baseURL });
  model.addPlugin(new Tool('weather'));
  model.addPlugin(new Tool('count'));
  try {
    for await (const _ of model.generate([new Message('user', 'Go')], { useOpenAIResponsesApi: false }));
  } catch (error) {
    seen.push(`error: ${error.message.replace('[openai] ', '')}`);
  }
  const line = seen.join(' · ');
  console.log(`${name}: ${line}`);
  changed ||= line !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: the pieces of one call end up in the other.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs

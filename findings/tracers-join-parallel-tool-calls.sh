#!/usr/bin/env bash
# Two of three tracers of the OpenAI SDK write parallel tool calls of a stream as one broken call.
#
# Packages: npm @arizeai/openinference-instrumentation-openai@4.2.7, @traceloop/instrumentation-openai@0.27.0, @langfuse/openai@5.11.1 on openai@7.59.0.
# Behaviour: the pieces of two calls, told apart by `index`, alternate. OpenInference joins ids, names and arguments of both to one call "ab" of "fg"; Langfuse
#   keeps the last name and the arguments of both, mixed; Traceloop has two calls, and names the finish reason "tool_call".
# Seen on 2026-11-30 with Node 20:
#   openinference: fg {"x"{"y":1}:2} · traceloop: f {"x":1}, g {"y":2} · langfuse: g {"x"{"y":1}:2}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps openai@7.59.0 @arizeai/openinference-instrumentation-openai@4.2.7 @traceloop/instrumentation-openai@0.27.0 @langfuse/openai@5.11.1 @langfuse/tracing@5.11.1 @opentelemetry/api@1.10.0 @opentelemetry/instrumentation@0.223.0 @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/sdk-trace-node@2.12.1

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';

const [, , tracer] = process.argv;
const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
const chunk = (choices, rest) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...rest });
const delta = (piece, finish_reason = null) => chunk([{ index: 0, delta: piece, finish_reason }]);
const event = (data) => `data: ${JSON.stringify(data)}\n\n`;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const call = (index, id, name, args) => delta({ tool_calls: [{ index, ...(id && { id, type: 'function' }), function: { ...(name && { name }), arguments: args } }] });
const pieces = [call(0, 'a', 'f', '{"x"'), call(1, 'b', 'g', '{"y"'), call(0, undefined, undefined, ':1}'), call(1, undefined, undefined, ':2}'), delta({}, 'tool_calls')];
const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${pieces.map(event).join('')}data: [DONE]\n\n`));
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
let client = new OpenAI({ apiKey: 'any', baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 });
if (tracer === 'langfuse') client = (await import('@langfuse/openai')).observeOpenAI(client);
else {
  const { OpenAIInstrumentation } = await import(tracer === 'traceloop' ? '@traceloop/instrumentation-openai' : '@arizeai/openinference-instrumentation-openai');
  const instrumentation = new OpenAIInstrumentation();
  instrumentation.setTracerProvider(provider);
  instrumentation.manuallyInstrument(OpenAI);
}
const messages = [{ role: 'user', content: 'Hello' }];

for await (const _ of await client.chat.completions.create({ model: 'm', messages, stream: true })) { /* only the span counts */ }
await pause(200);
const { attributes } = spans.getFinishedSpans()[0];
const prefix = 'llm.output_messages.0.message.tool_calls.';
const calls = {
  openinference: () => Object.keys(attributes).filter((key) => key.startsWith(prefix) && key.endsWith('function.name')).map((key) => `${attributes[key]} ${attributes[key.replace(/name$/, 'arguments')]}`),
  traceloop: () => JSON.parse(attributes['gen_ai.output.messages'])[0].parts.map((part) => `${part.name} ${JSON.stringify(part.arguments)}`),
  langfuse: () => JSON.parse(attributes['langfuse.observation.output']).tool_calls.map(({ function: made }) => `${made.name} ${made.arguments}`),
}[tracer]();
console.log(calls.join(', '));
process.exit();
CODE

results=""
for tracer in openinference traceloop langfuse; do
  line=$(node check.mjs "$tracer" 2> warnings.txt) || { cat warnings.txt; exit 1; }
  echo "$tracer: $line"; results+="$line|"
done
if [ "$results" = 'fg {"x"{"y":1}:2}|f {"x":1}, g {"y":2}|g {"x"{"y":1}:2}|' ]; then echo 'As described: two tracers mix the calls.'; else echo 'The behaviour changed.'; exit 1; fi

#!/usr/bin/env bash
# Tracers of the OpenAI SDK leave out the usage that a stream was asked for, or the second of two answers.
#
# Packages: npm @arizeai/openinference-instrumentation-openai@4.2.7, @traceloop/instrumentation-openai@0.27.0, @langfuse/openai@5.11.1 on openai@7.59.0.
# Behaviour: with `stream_options.include_usage` the last chunk has the counts; the spans of OpenInference and Traceloop have none of them, so costs
#   from traces miss every streamed call. With `n: 2` Traceloop and Langfuse record the first answer only. A client wrapped by Langfuse returns a bare Promise,
#   so the SDK's documented `.withResponse()` is no function.
# Seen on 2026-11-30 with Node 20:
#   openinference: streamed usage no, second answer yes, withResponse yes · traceloop: no, no, yes · langfuse: yes, no, no
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
const usage = { prompt_tokens: 1234, completion_tokens: 5, total_tokens: 1239 };
const answers = ['First', 'Second'].map((content, index) => ({ index, message: { role: 'assistant', content }, finish_reason: 'stop' }));
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  if (JSON.parse(body).stream) response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${[delta({ content: 'Hi' }), delta({}, 'stop'), chunk([], { usage })].map(event).join('')}data: [DONE]\n\n`);
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: answers, usage }));
});
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

const recorded = () => spans.getFinishedSpans().map((span) => JSON.stringify(span.attributes)).join();
const has = (value) => (value ? 'yes' : 'no');
for await (const _ of await client.chat.completions.create({ model: 'm', messages, stream: true, stream_options: { include_usage: true } })) { /* only the span counts */ }
await pause(200);
const counted = recorded().includes('1234');
spans.reset();
await client.chat.completions.create({ model: 'm', messages, n: 2 });
await pause(200);
const both = recorded().includes('Second');
const wrapped = typeof client.chat.completions.create({ model: 'm', messages }).withResponse === 'function';
console.log(`streamed usage ${has(counted)}, second answer ${has(both)}, withResponse ${has(wrapped)}`);
process.exit();
CODE

results=""
for tracer in openinference traceloop langfuse; do
  line=$(node check.mjs "$tracer" 2> warnings.txt) || { cat warnings.txt; exit 1; }
  echo "$tracer: $line"; results+="$line|"
done
if [ "$results" = 'streamed usage no, second answer yes, withResponse yes|streamed usage no, second answer no, withResponse yes|streamed usage yes, second answer no, withResponse no|' ]; then echo 'As described: each tracer leaves something out.'; else echo 'The behaviour changed.'; exit 1; fi

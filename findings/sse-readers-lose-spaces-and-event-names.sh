#!/usr/bin/env bash
# fetch-event-stream strips the spaces and line feeds that an event's text begins with, and parse-sse loses names if a CRLF is cut by a network chunk.
#
# Packages: npm fetch-event-stream@0.1.6 and parse-sse@0.1.0, beside eventsource-parser@4.1.3 on the same bytes.
# Behaviour: the format takes one space off behind the colon and joins empty data lines with a line feed. fetch-event-stream takes all spaces off, so
#   words of a streamed text grow together, and a blank line is nothing. parse-sse takes "\r" and "\n" for two line ends when a chunk ends
#   between them: the event's name is lost, or one event becomes two. The same bytes in one chunk are read right.
# Seen on 2026-11-30 with Node 20:
#   "data: Hello", "data:  world", two empty data lines: fetch-event-stream "Helloworld" · parse-sse and eventsource-parser "Hello world\n"
#   event: error, cut after "\r": parse-sse message "busy" · the others error "busy"
#   data of two lines, cut after "\r": parse-sse 2 events · the others 1 event
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts fetch-event-stream@0.1.6 parse-sse@0.1.0 eventsource-parser@4.1.3

cat > check.mjs <<'CODE'
import { createParser } from 'eventsource-parser';
import { events } from 'fetch-event-stream';
import { parseServerSentEvents } from 'parse-sse';

const response = (pieces) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    }),
    { headers: { 'content-type': 'text/event-stream' } },
  );
async function all(iterable, name) {
  const list = [];
  for await (const event of iterable) list.push([name(event) || 'message', event.data]);
  return list;
}
const readers = {
  'fetch-event-stream': (pieces) => all(events(response(pieces)), ({ event }) => event),
  'parse-sse': (pieces) => all(parseServerSentEvents(response(pieces)), ({ type }) => type),
  'eventsource-parser': (pieces) => {
    const list = [];
    const parser = createParser({ onEvent: ({ event, data }) => list.push([event ?? 'message', data]) });
    for (const piece of pieces) parser.feed(piece);
    return list;
  },
};
const text = (list) => JSON.stringify(list.map(([, data]) => data).join(''));
const cases = {
  'spaces and empty lines': [['data: Hello\n\n', 'data:  world\n\n', 'data:\ndata:\n\n'], text],
  'event: error, in one chunk': [['event: error\r\ndata: busy\r\n\r\n'], ([[name, data]]) => `${name} "${data}"`],
  'event: error, cut after "\\r"': [['event: error\r', '\ndata: busy\r\n\r\n'], ([[name, data]]) => `${name} "${data}"`],
  'data of two lines, cut after "\\r"': [['data: a\r', '\ndata: b\r\n\r\n'], (list) => `${list.length} event`],
};
const expected = {
  'spaces and empty lines': '"Helloworld" · "Hello world\\n" · "Hello world\\n"',
  'event: error, in one chunk': 'error "busy" · error "busy" · error "busy"',
  'event: error, cut after "\\r"': 'error "busy" · message "busy" · error "busy"',
  'data of two lines, cut after "\\r"': '1 event · 2 event · 1 event',
};
console.log(Object.keys(readers).join(' · '));
let changed = false;
for (const [name, [pieces, show]] of Object.entries(cases)) {
  const seen = [];
  for (const read of Object.values(readers)) seen.push(show(await read(pieces)));
  console.log(`${name}: ${seen.join(' · ')}`);
  changed ||= seen.join(' · ') !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: text and names are lost without an error.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs

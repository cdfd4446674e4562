#!/usr/bin/env bash
# openai (Python) divides the results of a batch inside of JSON texts that have U+2028, and ollama (Python) fails on a streamed answer with one.
#
# Packages: PyPI openai==3.57.0 (files.content().iter_lines()), ollama==0.6.3 (chat with stream=True), anthropic==2.14.0 (its decoder of
#   batch results) on the same characters. Needs Python 3.
# Behaviour: both use iter_lines() of httpx, which divides at all that Python calls a line: U+2028, U+2029, U+0085, vertical tabs and form feeds. In JSON
#   U+2028 and U+0085 need no escape, and JSON.stringify() writes them as they are. anthropic divides bytes at line feeds.
# Seen on 2026-11-30 with Python 3, lines with "one<U+2028>two" and "x<U+0085>y":
#   openai: 4 lines for 2 records, 0 of them JSON · ollama: JSONDecodeError · anthropic: 2 records
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --disable-pip-version-check --target ./python openai==3.57.0 ollama==0.6.3 anthropic==2.14.0 2> pip.log || { cat pip.log; exit 1; }

cat > check.py <<'CODE'
import sys

sys.path.insert(0, "./python")
import http.server
import json
import threading

import ollama
import openai
from anthropic._decoders.jsonl import JSONLDecoder


def lines(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def piece(content, done):
    return {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": content}, "done": done}


batch = lines({"custom_id": "a", "text": "one\u2028two"}, {"custom_id": "b", "text": "x\u0085y"})
chat = lines(piece("one\u2028two", False), piece("", True))


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, body):
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(batch)

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.answer(chat)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"


def is_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


found = list(openai.OpenAI(api_key="any", base_url=f"{base}/v1").files.content("file").iter_lines())
seen = f"openai: {len(found)} lines for 2 records, {sum(map(is_json, found))} of them JSON"
try:
    answer = ollama.Client(host=base).chat(model="m", messages=[{"role": "user", "content": "Hello"}], stream=True)
    seen += f" · ollama: {''.join(part['message']['content'] for part in answer)!r}"
except Exception as error:
    seen += f" · ollama: {type(error).__name__}"
records = list(JSONLDecoder(raw_iterator=iter([batch]), line_type=dict[str, object], http_response=None))
seen += f" · anthropic: {len(records)} records"
print(seen)
same = seen == "openai: 4 lines for 2 records, 0 of them JSON · ollama: JSONDecodeError · anthropic: 2 records"
print("As described." if same else "The behaviour changed.")
sys.exit(0 if same else 1)
CODE
python3 check.py

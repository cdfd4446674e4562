#!/usr/bin/env bash
# @huggingface/jinja and minijinja-js render chat templates to other prompts than Python's Jinja, which the models were trained with.
#
# Packages: npm @huggingface/jinja@0.5.11 and minijinja-js@2.11.0; PyPI jinja2==3.1.6 on the same templates. Needs Python 3.
# Behaviour: booleans and None are written as true and an empty text (or none), and a dict as JSON. In
#   @huggingface/jinja, capitalize leaves the rest of the word as it is, and a negative number has a negative rest. minijinja-js sorts the
#   keys of a mapping, so tools and arguments have another order in the prompt than in the request. No error in either.
# Seen on 2026-11-30 with Node 20, Python / @huggingface/jinja / minijinja-js:
#   True: True / true / true · None: None / "" / none · {"b": 1, "a": 2}: {'b': 1, 'a': 2} / {"b": 1, "a": 2} / {"a": 2, "b": 1}
#   keys: b,a / b,a / a,b · capitalize: Hello world / HELLO wORLD / Hello world · -7 % 3: 2 / -1 / 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @huggingface/jinja@0.5.11 minijinja-js@2.11.0
python3 -m pip install --quiet --root-user-action ignore --disable-pip-version-check --target ./python jinja2==3.1.6

cat > templates.json <<'CODE'
{
  "values": { "on": true, "nothing": null, "tool": { "b": 1, "a": 2 }, "text": "hELLO wORLD" },
  "templates": {
    "True": "{{ on }}",
    "None": "{{ nothing }}",
    "dict": "{{ tool }}",
    "keys": "{% for key in tool %}{{ key }},{% endfor %}",
    "capitalize": "{{ text | capitalize }}",
    "-7 % 3": "{{ -7 % 3 }}"
  }
}
CODE
cat > render.py <<'CODE'
import json
import sys

sys.path.insert(0, "./python")
from jinja2.sandbox import ImmutableSandboxedEnvironment

given = json.load(open("templates.json"))
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
print(json.dumps({name: environment.from_string(text).render(given["values"]) for name, text in given["templates"].items()}))
CODE
cat > check.mjs <<'CODE'
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Template } from '@huggingface/jinja';
import { Environment } from 'minijinja-js';

const { values, templates } = JSON.parse(readFileSync('templates.json', 'utf8'));
const python = JSON.parse(execFileSync('python3', ['render.py'], { encoding: 'utf8' }));
const expected = {
  True: ['True', 'true', 'true'],
  None: ['None', '', 'none'],
  dict: ["{'b': 1, 'a': 2}", '{"b": 1, "a": 2}', '{"a": 2, "b": 1}'],
  keys: ['b,a,', 'b,a,', 'a,b,'],
  capitalize: ['Hello world', 'HELLO wORLD', 'Hello world'],
  '-7 % 3': ['2', '-1', '2'],
};
let changed = false;
for (const [name, source] of Object.entries(templates)) {
  const environment = new Environment();
  environment.addTemplate('chat', source);
  const seen = [python[name], new Template(source).render(values), environment.renderTemplate('chat', values)];
  console.log(`${name}: ${seen.map((text) => JSON.stringify(text)).join(' / ')}`);
  changed ||= JSON.stringify(seen) !== JSON.stringify(expected[name]);
}
console.log(changed ? 'The behaviour changed.' : 'As described: one template, three prompts.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs

#!/usr/bin/env bash
# A price of 1e-7 that the npm package yaml writes is a text for PyYAML, and 1_000 and 12:30 are other values on each side.
#
# Packages: npm yaml@2.9.1 and js-yaml@5.5.0; PyPI pyyaml==6.0.4 and ruamel.yaml==0.19.1, which is YAML 1.2. Needs Python 3.
# Behaviour: a float of YAML 1.1 must have a point and a sign in its exponent. yaml writes 1e-7 without a point, so PyYAML, and each gateway or
#   script that reads its configuration with it, gets the text "1e-7". js-yaml writes 1.e-7, which is a number in both. In the other direction 1_000
#   is a number for PyYAML only, and 1:30 is 90 there. No parser reports anything.
# Seen on 2026-11-30 with Node 20 and Python 3, PyYAML / ruamel.yaml / yaml / js-yaml:
#   1e-7 written by yaml: "1e-7" / 1e-07 / 1e-7 / 1e-7 · written by js-yaml: a number in all four
#   1_000: 1000 / 1000 / "1_000" / "1_000" · 1:30: 90 / "1:30" / "1:30" / "1:30"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts yaml@2.9.1 js-yaml@5.5.0
python3 -m pip install --quiet --root-user-action ignore --disable-pip-version-check --target ./python pyyaml==6.0.4 ruamel.yaml==0.19.1 2> pip.log || { cat pip.log; exit 1; }

cat > read.py <<'CODE'
import json
import sys

sys.path.insert(0, "./python")
import yaml
from ruamel.yaml import YAML

text = open("config.yaml").read()
print(json.dumps([yaml.safe_load(text), YAML(typ="safe").load(text)]))
CODE
cat > check.mjs <<'CODE'
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as jsYaml from 'js-yaml';
import yaml from 'yaml';

const price = 0.0000001;
const written = [yaml.stringify({ by_yaml: price }), jsYaml.dump({ by_js_yaml: price }), 'grouped: 1_000\ntime: 1:30\n'].join('');
console.log(written);
writeFileSync('config.yaml', written);
const [pyyaml, ruamel] = JSON.parse(execFileSync('python3', ['read.py'], { encoding: 'utf8' }));
const read = [pyyaml, ruamel, yaml.parse(written), jsYaml.load(written)];
const expected = {
  by_yaml: ['1e-7', price, price, price],
  by_js_yaml: [price, price, price, price],
  grouped: [1000, 1000, '1_000', '1_000'],
  time: [90, '1:30', '1:30', '1:30'],
};
let changed = false;
for (const [name, values] of Object.entries(expected)) {
  const seen = read.map((document) => document[name]);
  console.log(`${name}: ${seen.map((value) => JSON.stringify(value)).join(' / ')}`);
  changed ||= JSON.stringify(seen) !== JSON.stringify(values);
}
console.log(changed ? 'The behaviour changed.' : 'As described: a price is a text, and multiplying it fails or repeats it.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs

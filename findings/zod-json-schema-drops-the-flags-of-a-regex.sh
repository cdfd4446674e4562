#!/usr/bin/env bash
# zod's JSON Schema of a string with regex(/…/i) leaves the flag out: it refuses values that the zod schema takes.
#
# Packages: npm zod@4.6.7 (z.toJSONSchema) and arktype@2.2.10, beside valibot@1.5.0 with @valibot/to-json-schema@1.8.0; ajv@8.20.0 checks.
# Behaviour: `pattern` of JSON Schema has no flags. zod and arktype write the bare source of the expression without a warning, so that i, s and m
#   change the meaning: a model held to the schema can't give an answer that the code accepts. valibot raises an error. zod's own formats
#   (md5 in upper case) do spell out both cases. zod throws for other things that JSON Schema can't say, such as NaN or a bigint.
# Seen on 2026-11-29 with Node 20:
#   zod /^[a-z]+$/i on "Hello": schema true, JSON Schema false · zod /^a.b$/s on "a\nb": true, false · arktype /^[a-z]+$/i: true, false
#   zod md5 on upper case: true, true · zod NaN: error · valibot /i: "RegExp flags are not supported by JSON Schema."
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts zod@4.6.7 arktype@2.2.10 valibot@1.5.0 @valibot/to-json-schema@1.8.0 ajv@8.20.0

cat > check.mjs <<'CODE'
import { toJsonSchema } from '@valibot/to-json-schema';
import Ajv from 'ajv/dist/2020.js';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';

const ajv = new Ajv.default({ strict: false, logger: false });
const ofZod = (schema, value) => [schema.safeParse(value).success, ajv.validate(z.toJSONSchema(schema), value)].join(', ');
const word = type(/^[a-z]+$/i);
const errorOf = (run) => {
  try {
    run();
    return 'no error';
  } catch (error) {
    return error.message;
  }
};
const seen = {
  'zod /i': ofZod(z.string().regex(/^[a-z]+$/i), 'Hello'),
  'zod /s': ofZod(z.string().regex(/^a.b$/s), 'a\nb'),
  'arktype /i': [word.allows('Hello'), ajv.validate(word.toJsonSchema(), 'Hello')].join(', '),
  'zod md5': ofZod(z.hash('md5'), 'D41D8CD98F00B204E9800998ECF8427E'),
  'zod NaN': errorOf(() => z.toJSONSchema(z.nan())),
  'valibot /i': errorOf(() => toJsonSchema(v.pipe(v.string(), v.regex(/^[a-z]+$/i)))),
};
const expected = {
  'zod /i': 'true, false',
  'zod /s': 'true, false',
  'arktype /i': 'true, false',
  'zod md5': 'true, true',
  'zod NaN': 'NaN cannot be represented in JSON Schema',
  'valibot /i': 'RegExp flags are not supported by JSON Schema.',
};
console.log('Accepted by the schema, by its JSON Schema:');
let changed = false;
for (const [name, line] of Object.entries(seen)) {
  console.log(`${name.padEnd(10)} ${line}`);
  changed ||= line !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: zod and arktype drop the flags.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs

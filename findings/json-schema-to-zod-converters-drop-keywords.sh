#!/usr/bin/env bash
# zod and three converters turn a JSON Schema into validators that accept what it refuses and refuse what it accepts, and raise no error.
#
# Packages: npm zod@4.6.7 (z.fromJSONSchema), json-schema-to-zod@2.8.1, @n8n/json-schema-to-zod@1.16.0, @dmitryrechkin/json-schema-to-zod@1.0.1;
#   ajv@8.20.0 as the judge.
# Behaviour: a tool's parameters come as JSON Schema (MCP, OpenAPI) and are turned into zod to check a model's arguments. zod raises an error for
#   `not` and `if`, which it can't express, but drops a `required` name that `properties` doesn't list, `anyOf` and `allOf` beside a type, and a
#   minimum without a type. It compares an object `const` by identity, so no value fits, and applies `oneOf` of two `required` so that none fits.
# Seen on 2026-11-30 with Node 20, ajv / zod / json-schema-to-zod / n8n / dmitryrechkin:
#   required alone {}: refuses/accepts/accepts/accepts/accepts · one or both {}: refuses/accepts/accepts/accepts/accepts
#   allOf "a": refuses/accepts/accepts/accepts/accepts · minimum {"n":1}: refuses/accepts/accepts/accepts/accepts
#   const {"a":1}: accepts/refuses/refuses/refuses/accepts · one of two {"a":"x"}: accepts/refuses/SyntaxError/refuses/accepts
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  zod@4.6.7 json-schema-to-zod@2.8.1 @n8n/json-schema-to-zod@1.16.0 @dmitryrechkin/json-schema-to-zod@1.0.1 ajv@8.20.0

cat > check.mjs <<'CODE'
import { createRequire } from 'node:module';
import { JSONSchemaToZod } from '@dmitryrechkin/json-schema-to-zod';
import Ajv from 'ajv/dist/2020.js';
import { jsonSchemaToZod } from 'json-schema-to-zod';
import { z } from 'zod';

const { jsonSchemaToZod: n8n } = createRequire(import.meta.url)('@n8n/json-schema-to-zod');
const strings = { a: { type: 'string' }, b: { type: 'string' } };
const either = [{ required: ['a'] }, { required: ['b'] }];
const cases = {
  'required alone': [{ type: 'object', properties: {}, required: ['a'] }, {}],
  'one or both': [{ type: 'object', properties: strings, anyOf: either }, {}],
  allOf: [{ type: 'string', allOf: [{ minLength: 3 }] }, 'a'],
  minimum: [{ type: 'object', properties: { n: { minimum: 3 } } }, { n: 1 }],
  const: [{ const: { a: 1 } }, { a: 1 }],
  'one of two': [{ type: 'object', properties: strings, oneOf: either }, { a: 'x' }],
};
const validators = {
  ajv: (schema) => new Ajv({ strict: false }).compile(schema),
  zod: (schema) => (value) => z.fromJSONSchema(schema).safeParse(value).success,
  // This one writes source text, which its command line puts into a file.
  'json-schema-to-zod': (schema) => (value) => new Function('z', `return ${jsonSchemaToZod(schema, { zodVersion: 4 })}`)(z).safeParse(value).success,
  n8n: (schema) => (value) => n8n(schema).safeParse(value).success,
  dmitryrechkin: (schema) => (value) => JSONSchemaToZod.convert(schema).safeParse(value).success,
};
const expected = {
  'required alone': 'refuses/accepts/accepts/accepts/accepts',
  'one or both': 'refuses/accepts/accepts/accepts/accepts',
  allOf: 'refuses/accepts/accepts/accepts/accepts',
  minimum: 'refuses/accepts/accepts/accepts/accepts',
  const: 'accepts/refuses/refuses/refuses/accepts',
  'one of two': 'accepts/refuses/SyntaxError/refuses/accepts',
};
const verdict = (make, schema, value) => {
  try {
    return make(schema)(value) ? 'accepts' : 'refuses';
  } catch (error) {
    return error.constructor.name;
  }
};
console.log(Object.keys(validators).join(' / '));
let changed = false;
for (const [name, [schema, value]] of Object.entries(cases)) {
  const seen = Object.values(validators).map((make) => verdict(make, schema, value)).join('/');
  console.log(`${name} ${JSON.stringify(value)}: ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: other verdicts than the schema has.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs

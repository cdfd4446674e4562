#!/usr/bin/env bash
# OpenRedaction takes the first words of a sentence for a person's name, and finds no international phone number behind a space.
#
# Packages: npm @openredaction/core@1.1.5
# Behaviour: the pattern NAME ignores case, so that any four words at the start of a text are a name: detect() reports "What is the weather"
#   with a confidence of 0.8, above the threshold of 0.5, and redacts it. PHONE_INTERNATIONAL begins with \b before the plus sign, which
#   requires a letter or a digit in front of it: "+49 170 1234567" alone or behind a space does not match, "x+49 170 1234567" does.
# Seen on 2026-11-29 with Node 20:
#   "What is the weather in Lisbon?": NAME "What is the weather" 0.8 · "The quick brown fox jumps": NAME "The quick brown fox" 0.8
#   PHONE_INTERNATIONAL on "call +49 170 1234567": 0 matches · on "x+49 170 1234567": 1 match
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @openredaction/core@1.1.5

cat > check.mjs <<'CODE'
import { allPatterns, OpenRedaction } from '@openredaction/core';

const redactor = new OpenRedaction();
const names = async (text) => {
  const { detections } = await redactor.detect(text);
  return detections.filter(({ type }) => type === 'NAME').map(({ value, confidence }) => `${value} ${confidence}`).join(', ');
};
const { regex } = allPatterns.find(({ type }) => type === 'PHONE_INTERNATIONAL');
const phones = (text) => [...text.matchAll(regex)].length;
const seen = {
  question: await names('What is the weather in Lisbon?'),
  sentence: await names('The quick brown fox jumps'),
  'behind a space': phones('call +49 170 1234567'),
  'behind a letter': phones('x+49 170 1234567'),
};
console.log(seen);
const expected = {
  question: 'What is the weather 0.8',
  sentence: 'The quick brown fox 0.8',
  'behind a space': 0,
  'behind a letter': 1,
};
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.error('The behaviour has changed.');
  process.exit(1);
}
CODE
node check.mjs

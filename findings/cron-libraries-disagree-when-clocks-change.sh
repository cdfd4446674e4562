#!/usr/bin/env bash
# croner and cron-parser run one schedule at different moments on the days of a clock change, and one skips an interval.
#
# Packages: npm croner@11.0.1 and cron-parser@5.10.6.
# Behaviour: a job at 02:30 on the night when clocks jump from 02:00 to 03:00 runs at 03:00 in croner and at 03:30 in cron-parser. "Every
#   30 minutes from 02:00" in the night that has 02:00 twice runs four times in croner and twice in cron-parser. On Lord Howe Island, where
#   clocks move by 30 minutes, "every 30 minutes" loses a run in cron-parser: 60 minutes pass between two runs.
# Seen on 2026-11-29 with Node 20 (UTC):
#   30 2 * * * in spring: croner 01:00 · cron-parser 01:30
#   */30 2 * * * in autumn: croner 00:00 00:30 01:00 01:30 · cron-parser 00:00 00:30
#   */30 * * * * on Lord Howe: croner 14:30 15:00 15:30 16:00 · cron-parser 14:30 15:30 16:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts croner@11.0.1 cron-parser@5.10.6

cat > check.mjs <<'CODE'
import { Cron } from 'croner';
import { CronExpressionParser } from 'cron-parser';

const until = (dates, end) => dates.filter((date) => date < end).map((date) => date.toISOString().slice(11, 16)).join(' ');
function runs(pattern, zone, from, to) {
  const [begin, end] = [new Date(from), new Date(to)];
  const parser = CronExpressionParser.parse(pattern, { tz: zone, currentDate: begin });
  return `croner ${until(new Cron(pattern, { timezone: zone }).nextRuns(6, begin), end)} · cron-parser ${until(parser.take(6).map((date) => date.toDate()), end)}`;
}
const lines = [
  `30 2 * * * in spring: ${runs('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z')}`,
  `*/30 2 * * * in autumn: ${runs('*/30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z')}`,
  `*/30 * * * * on Lord Howe: ${runs('*/30 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:00:00Z', '2026-04-04T16:01:00Z')}`,
];
const expected = [
  '30 2 * * * in spring: croner 01:00 · cron-parser 01:30',
  '*/30 2 * * * in autumn: croner 00:00 00:30 01:00 01:30 · cron-parser 00:00 00:30',
  '*/30 * * * * on Lord Howe: croner 14:30 15:00 15:30 16:00 · cron-parser 14:30 15:30 16:00',
];
for (const line of lines) console.log(line);
const changed = JSON.stringify(lines) !== JSON.stringify(expected);
console.log(changed ? 'The behaviour changed.' : 'As described: the moments differ.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs

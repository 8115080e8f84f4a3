/**
 * `npm run bench`: every figure beside a limit or a peer that was measured in the same run.
 *   npm run bench                               all areas, as a table
 *   npm run bench -- --only AREA --json FILE    one area; also as JSON rows
 *   npm run bench -- --only ledger --full       also its largest sizes (so has sync); --minutes N: and its memory over N minutes
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { printRows, type Row } from './row.ts';

const AREAS: Readonly<Record<string, () => Promise<Row[]>>> = {
  taps: async () => [
    ...(await (await import('./taps.ts')).taps()),
    ...(await (await import('./shop-taps.ts')).shopTaps()),
  ],
  card: async () => [
    ...(await (await import('./card.ts')).card()),
    ...(await (await import('./payment-cards.ts')).paymentCards()),
  ],
  sync: async () => (await import('./sync.ts')).sync({ full: values.full === true }),
  emv: async () => (await import('./emv.ts')).emv(),
  ledger: async () =>
    (await import('./ledger.ts')).ledger({
      full: values.full === true,
      minutes: Number(values.minutes ?? 0),
    }),
  softpos: async () => (await import('./softpos.ts')).softpos({ full: values.full === true }),
  wallet: async () => (await import('./wallet.ts')).wallet(),
  acceptance: async () => (await import('./acceptance.ts')).acceptance({ full: values.full === true }),
};

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'string' },
    full: { type: 'boolean' },
    minutes: { type: 'string' },
  },
});
const wanted = values.only === undefined ? Object.keys(AREAS) : values.only.split(',');
const unknown = wanted.filter((area) => AREAS[area] === undefined);
if (unknown.length > 0) {
  console.error(`There is no area ${unknown.join(', ')}. Areas: ${Object.keys(AREAS).join(', ')}.`);
  process.exit(2);
}
const rows: Row[] = [];
for (const area of wanted) rows.push(...((await AREAS[area]?.()) ?? []));
printRows(rows);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 1)}\n`);

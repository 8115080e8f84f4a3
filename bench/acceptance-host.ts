/**
 * Area `acceptance`, the whole way: payments a second through TCP at a real server process, with a durable PostgreSQL on the same
 * machine, beside pgbench's TPC-B on the same PostgreSQL in the same run, in turns. Terminals are in a process of their own.
 */
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { LoadResult } from '../apps/cli/src/pos/load/tally.ts';
import { type HostLab, openHostLab } from './acceptance-lab.ts';
import * as lab from './ledger-lab.ts';
import type { Row } from './row.ts';

/** Of which the best counts: what else the machine does can only slow them. */
const ROUNDS = 2;
const SECONDS = 3;
const SIZES = [
  { terminals: 1, cards: 500 },
  { terminals: 100, cards: 5000 },
  { terminals: 5000, cards: 5000 },
] as const;
const TOKENS = 50_000;
const MANY = 1_000_000;
/** More than these open no more ways into PostgreSQL. */
const MOST_CLIENTS = 32;
/** Questions a second that are made beforehand. */
const PREPARED = 8000;

const row = (more: Partial<Row> & Pick<Row, 'name' | 'value' | 'unit'>): Row => ({
  ...{ area: 'acceptance', reference: '', ratio: null, goal: null, met: null },
  ...more,
});

export async function host({ full }: { readonly full: boolean }): Promise<Row[]> {
  const folder = lab.labFolder();
  await mkdir(folder, { recursive: true });
  const there = await lab.openLab(folder);
  try {
    const few = await openHostLab(there, 'shops', TOKENS);
    const tpcB = await lab.makeTpcB(there);
    const rows: Row[] = [];
    let base = Number.NaN;
    for (const size of SIZES) {
      const { rows: own, rate } = await figures(few, tpcB, size);
      if (size.terminals === 100) base = rate;
      rows.push(...own);
    }
    await few.stop();
    if (full) rows.push(await withMany(there, base));
    return rows;
  } finally {
    await there.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function figures(shops: HostLab, tpcB: string, { terminals, cards }: (typeof SIZES)[number]) {
  const clients = Math.min(terminals, MOST_CLIENTS);
  const [tpc, paid]: [number[], LoadResult[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    tpc.push((await lab.pgbench(tpcB, clients, SECONDS)) ?? Number.NaN);
    paid.push(await run(shops, { terminals, cards }));
  }
  const rate = Math.max(...paid.map((p) => p.rate));
  const peer = Math.max(...tpc);
  const half = await run(shops, { terminals, cards, rate: rate / 2 });
  const what = `${terminals} terminal${terminals === 1 ? '' : 's'}`;
  const isKnown = !Number.isNaN(peer);
  const rows = [
    row({
      ...{ name: `payments through TCP, ${what}`, value: rate, unit: '1/s' },
      reference: isKnown
        ? `pgbench TPC-B, ${clients} clients: ${Math.round(peer)}/s`
        : 'pgbench TPC-B: skipped, install postgresql',
      ...(isKnown ? { ratio: rate / peer, goal: '>= 3x', met: rate / peer >= 3 } : {}),
    }),
    row({ name: `p50 at half load, ${what}`, value: half.p50Ms, unit: 'ms' }),
    row({
      ...{ name: `p99 at half load, ${what}`, value: half.p99Ms, unit: 'ms', goal: '< 50 ms' },
      met: half.p99Ms < 50,
    }),
  ];
  return { rows, rate };
}

/** A run in which everything was approved; another would measure refusals. */
async function run(
  shops: HostLab,
  wish: { readonly terminals: number; readonly cards: number; readonly rate?: number },
): Promise<LoadResult> {
  const prepared = Math.round(Math.min(PREPARED, wish.rate ?? PREPARED) * (SECONDS + 1));
  const result = await shops.load({ ...wish, seconds: SECONDS, prepared });
  const { answered, unanswered, strange, codes } = result;
  if (answered === 0 || unanswered > 0 || strange > 0 || codes['00'] !== answered)
    throw new Error(`Not all was paid: ${JSON.stringify(result)}`);
  return result;
}

/** The same with a million tokens in the vault, and as many accounts. */
async function withMany(there: lab.Lab, base: number): Promise<Row> {
  const many = await openHostLab(there, 'many_shops', MANY);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rates.push((await run(many, { terminals: 100, cards: 5000 })).rate);
  await many.stop();
  const value = Math.max(...rates);
  return row({
    ...{ name: `payments through TCP, 100 terminals, ${MANY} tokens`, value, unit: '1/s' },
    ...{ reference: `with ${TOKENS}: ${Math.round(base)}/s`, ratio: value / base },
    ...{ goal: 'flat within 20 %', met: value / base >= 0.8 },
  });
}

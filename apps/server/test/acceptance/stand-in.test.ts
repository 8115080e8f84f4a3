/** The ledger cannot be reached: what is declined, what is approved in its place, and that all of it gets there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatMti, type IsoMessage, isoMatchingKey, isoMessage } from '@sokkin/codec';
import { IsoLink, repeatOf } from '@sokkin/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { program } from '../../../../tests/programs.ts';
import {
  ASCII,
  approve,
  codeOf,
  type Deciding,
  type HostRig,
  hostOf,
  hostRig,
  keyOf,
  purchase,
  until,
} from './host-kit.ts';

const away: Deciding = () => {
  throw new Error('the store is away');
};
const LIMITS = {
  each: '5000',
  per_card: { count: 2, amount: '6000' },
  in_all: { count: 3, amount: '9000' },
};
const CARDS = ['4761739001010010', '4761739001010028', '4761739001010036'] as const;
const mtiOf = ({ message }: { message: IsoMessage }) => formatMti(message.mti);

let h: HostRig;
beforeAll(async () => {
  h = await hostRig();
  await h.link();
  await h.link({ name: 'Standing in', port: 24_001, stand_in: LIMITS });
});
afterAll(() => h.close());
afterEach(async () => {
  h.desk.decide = approve;
  await settled(h);
  h.desk.heard.length = 0;
});

/** What is owed has reached the desk. */
const settled = (rig: Pick<HostRig, 'host'>) =>
  until(async () => {
    await rig.host.forward();
    return rig.host.owed() === 0;
  });

describe('a link without stand-in', () => {
  test('declines; what the desk may have seen is taken back, and what it has not is not', async () => {
    h.desk.decide = away;
    const line = h.connect();
    const asked = purchase();
    expect(codeOf(await line.request(asked))).toBe('91');
    // The next one learns that the desk is away without asking it.
    const second = await line.request(purchase());
    expect([codeOf(second), h.host.owed()]).toEqual(['91', 1]);
    expect(codeOf(await line.request(repeatOf(asked)))).toBe('68');
    h.desk.decide = approve;
    await settled(h);
    expect(h.desk.heard.map(mtiOf).at(-1)).toBe('0420');
    expect(h.desk.heard.at(-1)?.message.fields.get(90)).toContain(String(asked.fields.get(11)));
    await until(async () => codeOf(await line.request(purchase())) === '00');
  });

  test('advices and reversals are answered as undecided, and their sender keeps them', async () => {
    h.desk.decide = away;
    const line = h.connect();
    expect(codeOf(await line.request(purchase({}, '0420')))).toBe('91');
    expect(h.host.owed()).toBe(0);
  });
});

describe('a link with stand-in', () => {
  test('approves up to its limits, each, per card and in all; then declines', async () => {
    h.desk.decide = away;
    const line = h.connect({ port: 24_001 });
    const ask = async (card: string, amount: bigint) =>
      codeOf(await line.request(purchase({ 2: card, 4: amount })));
    expect(await ask(CARDS[0], 5_001n)).toBe('91');
    expect(await ask(CARDS[0], 4_000n)).toBe('00');
    // Of this card 2,000 are left.
    expect(await ask(CARDS[0], 2_001n)).toBe('91');
    expect(await ask(CARDS[0], 1_000n)).toBe('00');
    expect(await ask(CARDS[0], 1n)).toBe('91');
    // In all 4,000 are left, and one approval.
    expect(await ask(CARDS[1], 4_001n)).toBe('91');
    expect(await ask(CARDS[1], 3_000n)).toBe('00');
    expect(await ask(CARDS[2], 1n)).toBe('91');
    h.desk.decide = approve;
    await settled(h);
    // The limits are for what the ledger does not have yet.
    h.desk.decide = away;
    expect(await ask(CARDS[0], 4_000n)).toBe('00');
  });

  test('only plain purchases in yen of a card that is named', async () => {
    h.desk.decide = away;
    const line = h.connect({ port: 24_001 });
    for (const fields of [{ 3: '200000' }, { 49: '840' }, { 4: 0n }])
      expect(codeOf(await line.request(purchase(fields)))).toBe('91');
    const nameless = purchase();
    const fields = new Map(nameless.fields);
    fields.delete(2);
    expect(codeOf(await line.request({ ...nameless, fields }))).toBe('91');
  });

  test('what it approved and took reaches the desk as it was asked, in its order, and once by its key', async () => {
    h.desk.decide = away;
    const line = h.connect({ port: 24_001 });
    const asked = purchase({ 2: CARDS[0], 4: 700n });
    const answer = await line.request(asked);
    expect(answer.fields.get(38)).toMatch(/^S[A-Z2-9]{5}$/);
    const reversal = isoMessage('0420', { ...Object.fromEntries(asked.fields), 11: '777001' });
    expect(codeOf(await line.request(reversal))).toBe('00');
    h.desk.heard.length = 0;
    h.desk.decide = approve;
    await settled(h);
    const brought = h.desk.heard.filter((shop) => shop.message.fields.get(4) === 700n);
    expect(brought.map(mtiOf)).toEqual(['0201', '0421']);
    expect(brought.map(keyOf)).toEqual([asked, reversal].map((m) => isoMatchingKey(ASCII, m)));
  });

  test('what the ledger refuses then is an alert with its evidence, and its acquirer is told', async () => {
    h.desk.decide = away;
    const line = h.connect({ port: 24_001 });
    const asked = purchase({ 2: CARDS[1], 4: 900n });
    expect(codeOf(await line.request(asked))).toBe('00');
    h.desk.decide = () => ({
      ...{ outcome: 'insufficient_funds', approved: 0n, approvalCode: undefined, chip: [], fields: {} },
    });
    await settled(h);
    const { data } = (await h.r.api.get('/v1/alerts?kind=stand_in_refused')).body;
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({
      ...{ severity: 'proven', status: 'open' },
      evidence: {
        outcome: 'insufficient_funds',
        told: '900',
        card: '476173******0028',
        acquirer: 'ins_first_issuer',
      },
    });
    expect(JSON.stringify(data)).not.toContain(CARDS[1]);
    const events = (await h.r.api.get('/v1/events?type=acquirer_link.refused')).body.data;
    expect(events).toMatchObject([
      { institution: 'ins_first_issuer', data: { alert: data[0].id, amount: '900' } },
    ]);
  });

  test('no number of a card is on the disk', async () => {
    h.desk.decide = away;
    const line = h.connect({ port: 24_001 });
    expect(codeOf(await line.request(purchase({ 2: CARDS[2] })))).toBe('00');
    const root = join(h.r.dataFolder, 'acceptance');
    for (const slot of await readdir(root)) {
      const content = await readFile(join(root, slot, 'owed.records'), 'latin1');
      expect(content).not.toContain(CARDS[2]);
      expect(content).not.toContain(Buffer.from(CARDS[2]).toString('hex'));
    }
  });
});

describe('a process that is killed', () => {
  test('leaves what it promised to the next one, which brings it to the ledger', async () => {
    const own = await hostRig();
    await own.link({
      stand_in: {
        ...LIMITS,
        in_all: { count: 1000, amount: '1000000' },
        per_card: { count: 1000, amount: '1000000' },
      },
    });
    const child = spawnHost(own.r.databaseUrl, own.r.dataFolder);
    const port = await portOf(child);
    const lines = Array.from(
      { length: 4 },
      () => new IsoLink({ host: '127.0.0.1', port, profile: ASCII, timeoutMs: 20_000 }),
    );
    const told = new Map<string, string>();
    const asking = lines.map(async (line) => {
      for (;;) {
        const asked = purchase();
        const answer = await line.request(asked);
        told.set(String(asked.fields.get(11)), codeOf(answer) ?? '');
      }
    });
    await until(() => told.size >= 40);
    child.kill('SIGKILL');
    await Promise.allSettled(asking);
    for (const line of lines) line.close();
    const approved = [...told].filter(([, code]) => code === '00').map(([stan]) => stan);
    expect(approved.length).toBeGreaterThan(30);
    own.desk.heard.length = 0;
    const again = await own.r.restart();
    const host = hostOf(again);
    await settled({ host });
    const brought = own.desk.heard
      .filter((shop) => mtiOf(shop) === '0201')
      .map((s) => String(s.message.fields.get(11)));
    expect(new Set(brought)).toEqual(new Set([...approved, ...brought]));
    // Beyond what was told there is at most what each line waited for.
    expect(brought.length - approved.length).toBeLessThanOrEqual(lines.length);
    await again.close();
  });

  test('a file of promises that is damaged stops the start, and says which', async () => {
    const own = await hostRig();
    await own.link({ stand_in: LIMITS });
    own.desk.decide = away;
    const line = own.connect();
    for (const card of CARDS.slice(0, 2)) await line.request(purchase({ 2: card, 4: 10n }));
    line.close();
    await own.r.server.close();
    const file = join(own.r.dataFolder, 'acceptance', '00', 'owed.records');
    const content = await readFile(file);
    await writeFile(
      file,
      content.map((octet, i) => (i === 60 ? octet ^ 1 : octet)),
    );
    await expect(own.r.restart()).rejects.toMatchObject({ code: 'record_file_damaged' });
    await writeFile(file, content);
    own.desk.decide = approve;
    const again = await own.r.restart();
    await settled({ host: hostOf(again) });
    await again.close();
  });
});

function spawnHost(databaseUrl: string, dataFolder: string): ChildProcess {
  const file = join(import.meta.dirname, 'host.child.ts');
  return spawn(process.execPath, [...program(file), databaseUrl, dataFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const portOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => child.stdout?.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))));

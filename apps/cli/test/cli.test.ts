/** The commands against a real back-end; what is not understood, by the real binary: what works, what is refused, what is torn. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@sokkin/card';
import { fromHex, SokkinError } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import { nodeCrypto, openFileNvm } from '@sokkin/node';
import { approve, judgeDispute } from '@sokkin/purse';
import { keepPayment } from '@sokkin/terminal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Evidence, parseEvidence } from '../src/data/evidence.ts';
import { changeMailbox, mailboxOf } from '../src/data/phone.ts';
import { type Home, makeHome, type Ran, type Serving, serve } from './run.ts';

let home: Home;
let serving: Serving;
const words = (line: string): string[] => line.split(' ');
const ok = async (line: string): Promise<Ran> => {
  const ran = await home.run(...words(line));
  expect([line, ran.code, ran.json.error]).toEqual([line, 0, undefined]);
  return ran;
};
const error = async (line: string, code: number, run = home.run): Promise<string> => {
  const ran = await run(...words(line));
  expect([line, ran.code, ran.out]).toEqual([line, code, expect.stringContaining('"error"')]);
  const { message } = ran.json.error as { message: string };
  expect(message).not.toMatch(/\n {4}at /);
  return message;
};
const balance = async (kind: 'card' | 'phone', name: string): Promise<number> =>
  Number((await ok(`${kind} show ${name}`)).json.balance);

beforeAll(async () => {
  home = await makeHome();
  serving = await serve(home, '--no-story', '--story');
  await ok('account create Pilot');
  await ok('issue 100,000');
  for (const card of ['alice', 'bob']) {
    await ok(`card create ${card}`);
    await ok(`card personalise ${card} --pin 1234`);
    await ok(`fund ${card} 20000`);
  }
  for (const phone of ['shop', 'emi']) {
    await ok(`phone create ${phone} --pin 4321`);
    await ok(`fund ${phone} 10000`);
  }
});
afterAll(async () => {
  await serving.stop();
  await home.dispose();
});

describe('what is not understood', () => {
  it.each([
    ['payy', 'Did you mean "sokkin pay"?'],
    ['card shwo alice', 'sokkin card show'],
    ['pay --form alice', 'Did you mean --from?'],
    ['pay --from alice --to shop', '--amount'],
    ['pay --from alice --to shop --amount 1,00', 'Not an amount'],
    ['pay --from alice --to shop --amount 0', 'at least 1'],
    ['pay --from alice --to bob --amount 5', '--via PHONE'],
    ['pay --from alice --to shop --amount 5 --tear sideways', 'before, during or after'],
    ['card create ../evil', 'no name'],
    ['card personalise alice', '--pin is missing'],
    ['audit now', 'one word too many'],
    ['simulate --purses -1', '--name=-1'],
    ['simulate --purses=-1', 'whole number from 20'],
    ['start --port many', 'number from 0 to 65535'],
  ])('%s', async (line, hint) => {
    expect(await error(line, 2, home.runApart)).toContain(hint);
  });

  it('every command has a page with examples', async () => {
    const page = await home.say('pay', '--help');
    expect([page.code, page.out]).toEqual([0, expect.stringContaining('Examples:')]);
    expect((await home.say('--help')).out).toContain('Exit codes');
  });
});

describe('what is refused', () => {
  it.each([
    ['card show zoe', 'There is no card called "zoe"'],
    ['card show alcie', 'Did you mean "alice"?'],
    ['card create alice', 'There is a card called "alice" already'],
    [
      'pay --from emi --to shop --amount 15000 --pin 4321',
      'The phone emi holds 10,000, you tried 15,000. Nothing was paid.',
    ],
    [
      'pay --from emi --to shop --amount 10,000 --pin 9999',
      'The PIN is wrong: 2 tries are left. Nothing was paid.',
    ],
    ['pay --from alice --to shop --amount 12,000', 'needs the PIN: without it, at most 10,000 at once'],
    ['fund alice 90000', 'is full: it may hold 80,000 more, you tried 90,000.'],
    ['fund alice 60000', 'The back-end refused'],
    ['collect --phone shop --card alice --amount 5 --for bob', 'has no ticket'],
    ['verify nothing.json', 'There is no file'],
    ['dispute ffff --out x.json', 'No payment'],
    ['fund alice 5 --account Nobody', 'There is no account "Nobody"'],
  ])('%s', async (line, sentence) => {
    expect(await error(line, 1)).toContain(sentence);
  });

  it('leaves nothing reserved behind', async () => {
    expect((await ok('phone show shop')).json.reserved).toBe('0');
    expect((await ok('card show alice')).json.reserved).toBe('0');
    expect(await balance('phone', 'emi')).toBe(10_000);
    expect((await ok('audit')).json).toMatchObject({ holds: true, issued: '100000' });
  });
});

describe('paying', () => {
  it('phone to phone, and spent on', async () => {
    const paid = await ok('pay --from emi --to shop --amount 700');
    expect(paid.json).toMatchObject({ outcome: 'credited', paid: 'now', settled: true });
    expect(paid.json.taps).toMatchObject([
      { purse: 'emi', exchanges: 3 },
      { purse: 'shop', exchanges: 3 },
    ]);
    expect([await balance('phone', 'emi'), await balance('phone', 'shop')]).toEqual([9_300, 10_700]);
  });

  it('card to card over a phone, and the receipt handed back', async () => {
    const line = 'pay --from alice --to bob --amount 1200 --via shop';
    expect((await ok(line)).json).toMatchObject({ outcome: 'credited' });
    expect((await ok('card show alice')).json).toMatchObject({ balance: '18800', pending: '1200' });
    expect((await ok('receipts --phone shop --card alice')).json.returned).toMatchObject([
      { amount: '1200' },
    ]);
    expect((await ok('card show alice')).json).toMatchObject({ balance: '18800', pending: '0' });
    expect(await balance('card', 'bob')).toBe(21_200);
  });

  it('ticket, collect, cancel: the money comes back', async () => {
    await ok('ticket --phone shop --card bob --max 5000');
    expect((await ok('collect --phone shop --card alice --amount 800 --for bob')).json.paid).toBe('now');
    expect((await ok('cancel --phone shop --card bob')).json.receipts).toMatchObject([
      { outcome: 'cancelled' },
    ]);
    await ok('receipts --phone shop --card alice');
    expect([await balance('card', 'alice'), await balance('card', 'bob')]).toEqual([18_800, 21_200]);
  });

  it('collect, lost on the way, picked up, delivered', async () => {
    await ok('ticket --phone shop --card bob --max 500');
    await ok('collect --phone shop --card alice --amount 500 --for bob');
    expect((await ok('pickup --phone emi --card alice')).json.payments).toMatchObject([{ amount: '500' }]);
    expect((await ok('deliver --phone emi --card bob --next 900')).json).toMatchObject({
      delivered: [{ amount: '500', outcome: 'credited' }],
    });
    // The first phone delivers its copy, too: nothing is credited twice.
    expect((await ok('deliver --phone shop --card bob')).json.delivered).toMatchObject([
      { outcome: 'credited' },
    ]);
    expect(await balance('card', 'bob')).toBe(21_700);
    await ok('receipts --phone emi --card alice');
    expect(await balance('card', 'alice')).toBe(18_300);
  });

  it('short readers pay as well', async () => {
    const paid = await ok('pay --from alice --to shop --amount 100 --short');
    expect(paid.json.taps).toMatchObject([{ exchanges: 4 }, { exchanges: 4 }]);
  });

  it('--trace names the bytes', async () => {
    const paid = await home.say(...words('pay --from alice --to shop --amount 50 --pin 1234 --trace'));
    expect(paid.out).toContain('PAY');
    expect(paid.out).toContain('ticket number');
    expect(paid.out).not.toContain('241234');
  });
});

describe('torn', () => {
  it.each(['before', 'during', 'after'])(
    '%s every exchange of a payment, and healed by the same command',
    async (when) => {
      const before = [await balance('card', 'alice'), await balance('phone', 'shop')];
      const line = 'pay --from alice --to shop --amount 60';
      for (const n of [2, 3]) {
        const message = await error(`${line} --tear ${when} --at-exchange ${n}`, 3).catch(
          async () => 'whole',
        );
        // Torn at its last exchange, the payment has arrived: that is said instead.
        if (message !== 'whole') expect(message).toContain('nothing is paid twice');
      }
      const healed = await ok(line);
      expect(healed.json.outcome).toBe('credited');
      const after = [await balance('card', 'alice'), await balance('phone', 'shop')];
      const moved = (before[0] ?? 0) - (after[0] ?? 0);
      expect((after[1] ?? 0) - (before[1] ?? 0)).toBe(moved);
      expect([60, 120, 180]).toContain(moved);
      await ok('receipts --phone shop --card alice');
      expect((await ok('card show alice')).json.pending).toBe('0');
    },
  );

  it('finished meanwhile by a sync, it is not paid again', async () => {
    const before = await balance('card', 'alice');
    const line = 'pay --from alice --to shop --amount 77';
    await error(`${line} --tear after --at-exchange 2`, 3);
    for (const name of ['alice', 'shop', 'alice']) await ok(`sync ${name}`);
    expect(await error(line, 1)).toContain('has been finished since');
    expect((await ok('card show alice')).json).toMatchObject({ balance: String(before - 77), pending: '0' });
    await ok(line);
    expect(await balance('card', 'alice')).toBe(before - 154);
  });

  it('funding and redeeming, healed by the same command', async () => {
    const before = await balance('card', 'alice');
    await error('fund alice 300 --tear after --at-exchange 3', 3);
    await ok('fund alice 300');
    expect(await balance('card', 'alice')).toBe(before + 300);
    await error('redeem alice 300 --tear after --at-exchange 2', 3);
    await ok('redeem alice 300');
    expect(await balance('card', 'alice')).toBe(before);
    await error('sync alice --tear during --at-exchange 4', 3);
    await ok('sync alice');
    expect((await ok('audit')).json).toMatchObject({ holds: true, issued: '100000' });
  });

  it('a killed program loses nothing', async () => {
    const total = async () => (await balance('phone', 'emi')) + (await balance('phone', 'shop'));
    const before = await total();
    for (const delay of [200, 240, 280, 300, 320, 340, 360, 380, 420, 500]) {
      const child = home.spawn(...words('pay --from emi --to shop --amount 11'));
      const closed = new Promise((resolve) => child.on('close', resolve));
      setTimeout(() => child.kill('SIGKILL'), delay);
      await closed;
    }
    await ok('pay --from emi --to shop --amount 11');
    await ok('receipts --phone shop --card emi');
    expect(await total()).toBe(before);
    expect((await ok('phone show emi')).json.pending).toBe('0');
    expect((await ok('phone show shop')).json.reserved).toBe('0');
  });
});

describe('proof', () => {
  it('a dispute is exported and judged offline', async () => {
    const { json } = await ok('pay --from emi --to shop --amount 70');
    for (const file of ['d.json', 'd.tlv']) {
      const path = join(home.data, file);
      await ok(`dispute ${json.id} --out ${path}`);
      expect((await ok(`verify ${path}`)).json).toMatchObject({ verdict: 'paid', amount: '70' });
    }
    const text = await home.say('verify', join(home.data, 'd.tlv'));
    expect(text.out).toContain('PAID. 70 was debited');
    const bytes = await readFile(join(home.data, 'd.tlv'));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(join(home.data, 'changed.tlv'), bytes);
    const changed = await home.run('verify', join(home.data, 'changed.tlv'));
    expect([changed.code, changed.json.verdict]).not.toEqual([0, 'paid']);
    expect(changed.code).toBe(1);
  });

  it('a file with any one byte changed never proves the payment', async () => {
    const bytes = new Uint8Array(await readFile(join(home.data, 'd.tlv')));
    const { root } = JSON.parse(await readFile(join(home.data, 'trust.json'), 'utf8')) as { root: string };
    const trust = { root: parseCertificate(fromHex(root)), knownIssuers: [], epoch: 20_000 };
    const crypto = nodeCrypto();
    const verdictOf = async (file: Uint8Array): Promise<string> => {
      let evidence: Evidence;
      try {
        evidence = parseEvidence(file);
      } catch (thrown) {
        if (thrown instanceof SokkinError) return 'unreadable';
        throw thrown;
      }
      const { payment, receipt } = evidence;
      const verdict = await judgeDispute(crypto, trust, {
        payment: payment.message,
        receipt: receipt?.message,
        payerChain: payment.chain,
        payeeChain: receipt?.chain,
      });
      return verdict.verdict;
    };
    expect(await verdictOf(bytes)).toBe('paid');
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.map((b, j) => (i === j ? b ^ (1 << (i % 8)) : b));
      expect([i, await verdictOf(changed)]).toEqual([i, expect.stringMatching(/invalid|unreadable/)]);
    }
  });

  it('traces a file of APDUs', async () => {
    await writeFile(join(home.data, 't.txt'), '# select\n> 00a4040008f0534f4b4b494e0100\n< 6a82\n');
    const traced = await home.say('trace', join(home.data, 't.txt'));
    expect(traced.out).toContain('> SELECT');
    expect(traced.out).toContain('application identifier');
    await writeFile(join(home.data, 'bad.txt'), '> 00a4zz\n');
    expect(await error(`trace ${join(home.data, 'bad.txt')}`, 2)).toContain('Line 1');
  });

  it('a card whose making was cut off is made anew; nothing else is', async () => {
    const path = join(home.data, 'cards', 'halfway.card');
    await ok('card create halfway');
    await writeFile(path, new Uint8Array((await readFile(path)).length));
    expect(await error('card show halfway', 1)).toContain('holds no card yet');
    await ok('card create halfway');
    expect((await ok('card show halfway')).json.lifecycle).toBe('blank');
    expect(await error('card create halfway', 1)).toContain('already');
  });

  it('a damaged phone or attempt is named', async () => {
    await ok('phone create cracked --pin 1234');
    await writeFile(join(home.data, 'phones', 'cracked.phone'), '{"mailbox": "f1');
    expect(await error('phone show cracked', 1)).toContain('cracked.phone is damaged');
  });

  it('a damaged card file is named, and left as it is', async () => {
    await ok('card create spoilt');
    const path = join(home.data, 'cards', 'spoilt.card');
    const bytes = await readFile(path);
    const noise = bytes.map((b, i) => (i < 4096 ? b ^ 0xa5 : b));
    await writeFile(path, noise);
    expect(await error('card show spoilt', 1)).toContain('spoilt.card');
    expect(await readFile(path)).toEqual(noise);
    const list = await ok('card list');
    expect(JSON.stringify(list.json)).toContain('spoilt');
  });
});

describe('without the back-end', () => {
  it('paying goes on; what needs it says so, and goes on later', async () => {
    expect(await serving.stop()).toBe(0);
    await ok('pay --from emi --to shop --amount 40');
    await ok('pay --from alice --to bob --amount 30 --via emi');
    const before = await balance('card', 'bob');
    expect(await error('fund bob 100', 1)).toContain('does not answer');
    expect(await error('audit', 1)).toContain('does not answer');
    serving = await serve(home, '--no-story');
    await ok('fund bob 100');
    expect(await balance('card', 'bob')).toBe(before + 100);
    for (const name of ['shop', 'bob', 'emi', 'alice']) await ok(`sync ${name}`);
    await ok('redeem bob 1000');
    for (const name of ['shop', 'bob', 'emi', 'alice']) await ok(`sync ${name}`);
    const audit = (await ok('audit')).json;
    expect(audit).toMatchObject({ holds: true, issued: '100000', inFlight: '0' });
    const held = [
      await balance('card', 'alice'),
      await balance('card', 'bob'),
      await balance('phone', 'shop'),
      await balance('phone', 'emi'),
    ].reduce((a, b) => a + b);
    expect(audit.offline).toBe(String(held));
    expect((await ok('alerts')).json.data).toEqual([]);
  });
});

describe('paying in a shop', () => {
  /** What the payment applet of the card will do. */
  async function approveOn(name: string, amount: bigint): Promise<void> {
    const file = await openFileNvm(join(home.data, 'cards', `${name}.card`));
    try {
      const store = await openStore(file);
      if (store === undefined) throw new Error('the card was finished');
      const cryptogram = fromHex('0102030405060708');
      const request = { currency: 0x0392, amount, holderVerified: false, atc: 12, cryptogram };
      const step = approve(store.state, request);
      if (step.status !== 'ok') throw new Error(step.status);
      await store.commit(step.state);
    } finally {
      await file.close();
    }
  }

  it('I2 is told in words, by the card and by the back-end', async () => {
    const before = await balance('card', 'alice');
    await approveOn('alice', 250n);
    const { json } = await ok('card show alice');
    expect(json).toMatchObject({
      balance: String(before - 250),
      pending: '250',
      open_payments: [],
      open_approvals: [{ transaction_counter: 12, amount: '250', cryptogram: '0102030405060708' }],
    });
    expect((await home.say('card', 'show', 'alice')).out).toMatch(
      /paid 250\. Paid in a shop, not cleared yet: 250 is kept for the shop/,
    );
    await ok('sync alice');
    expect((await ok('audit')).json).toMatchObject({ holds: true, approvals: '250' });
    expect((await home.say('audit')).out).toContain('(250 of it paid in shops, not cleared yet)');
  });
});

it('two programs that put something into one mailbox do not lose it', async () => {
  const lonely = await makeHome();
  const phone = {
    name: 'p',
    kind: 'phone' as const,
    purse: join(lonely.data, 'p.purse'),
    about: join(lonely.data, 'p.phone'),
  };
  await writeFile(phone.about, '{"name": "p"}');
  const evidence = parseEvidence(new Uint8Array(await readFile(join(home.data, 'd.tlv'))));
  const { payment } = evidence;
  // Distinct messages, as far as a mailbox looks at them.
  const copies = Array.from({ length: 20 }, (_, i) => ({
    ...payment,
    message: payment.message.map((b, j) => (j === 20 ? i : b)),
  }));
  await Promise.all(copies.map((p) => changeMailbox(phone, (box) => keepPayment(box, p))));
  expect((await mailboxOf(phone).load()).payments).toHaveLength(20);
  await lonely.dispose();
});

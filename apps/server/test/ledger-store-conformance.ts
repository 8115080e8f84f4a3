/**
 * What every LedgerStore must hold (packages/issuer/src/ports.ts), as one suite: call it with a name and a way
 * to make an empty store with the system accounts in it.
 */
import { fromHex } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import {
  bornView,
  FIRST_ISSUER,
  type LedgerStore,
  move,
  SYSTEM_ACCOUNTS,
  type Transfer,
  type ViewApproval,
  writeTicket,
} from '@sokkin/issuer';
import { encodeEntry, GENESIS_LINK, headAfter } from '@sokkin/purse';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const NOW = new Date('2026-11-22T00:00:00Z');
const PURSE = '00000000000000aa';
const HASH = sha256(fromHex('aa'));
const JPY = 0x0392;

/** Of 2 yen. */
const approval = (approvalNo: number, atc: number): ViewApproval => ({
  approvalNo,
  atc,
  amount: 2n,
  cryptogram: fromHex('0102030405060708'),
});

export function ledgerStoreConformance(
  name: string,
  make: () => Promise<{ store: LedgerStore; close(): Promise<void> }>,
): void {
  describe(`LedgerStore: ${name}`, () => {
    let store: LedgerStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    const open = (id: string) =>
      store.write((tx) => tx.accounts.add({ id, kind: 'online', name: id, institution: FIRST_ISSUER }, NOW));
    const issue = (id: string, amount: bigint, reference: string): Transfer =>
      move('issuance', reference, SYSTEM_ACCOUNTS.centralBank.id, id, amount);
    const balance = (id: string) => store.read(async (tx) => (await tx.accounts.byId(id))?.balance);

    test('a transaction that fails leaves nothing behind', async () => {
      await open('acc_a');
      const failed = store.write(async (tx) => {
        await tx.accounts.post(issue('acc_a', 5n, 'iss_1'), NOW);
        throw new Error('the program changed its mind');
      });
      await expect(failed).rejects.toThrow('changed its mind');
      expect(await balance('acc_a')).toBe(0n);
      expect(await store.read((tx) => tx.accounts.entries('acc_a', { limit: 9, after: undefined }))).toEqual(
        [],
      );
    });

    test('a read sees one moment', async () => {
      await open('acc_a');
      await store.read(async (tx) => {
        const before = (await tx.accounts.byId('acc_a'))?.balance;
        await store.write((other) => other.accounts.post(issue('acc_a', 5n, 'iss_1'), NOW));
        expect((await tx.accounts.byId('acc_a'))?.balance).toBe(before);
      });
      expect(await balance('acc_a')).toBe(5n);
    });

    test('a read cannot write', async () => {
      await expect(
        store.read((tx) =>
          tx.accounts.add({ id: 'acc_x', kind: 'online', name: 'x', institution: FIRST_ISSUER }, NOW),
        ),
      ).rejects.toThrow();
    });

    test('transfers that cross each other: every yen is there, none below the floor, no deadlock', async () => {
      for (const id of ['acc_a', 'acc_b', 'acc_c']) {
        await open(id);
        await store.write((tx) => tx.accounts.post(issue(id, 100n, `iss_${id}`), NOW));
      }
      const ids = ['acc_a', 'acc_b', 'acc_c'];
      const results = await Promise.all(
        Array.from({ length: 120 }, (_, i) => {
          const [from, to] = [ids[i % 3] ?? '', ids[(i * 2 + 1) % 3] ?? ''];
          if (from === to) return { status: 'ok' };
          return store.write((tx) => tx.accounts.post(move('funding', `f${i}`, from, to, 60n), NOW));
        }),
      );
      expect(new Set(results.map((r) => r.status))).toEqual(new Set(['ok', 'insufficient_funds']));
      const balances = await Promise.all(ids.map(balance));
      expect(balances.reduce((sum = 0n, b = 0n) => sum + b, 0n)).toBe(300n);
      for (const b of balances) expect(b).toBeGreaterThanOrEqual(0n);
      for (const id of ids) {
        const entries = await store.read((tx) => tx.accounts.entries(id, { limit: 500, after: undefined }));
        expect(entries.reduce((sum, e) => sum + e.amount, 0n)).toBe(await balance(id));
        expect(entries[0]?.balanceAfter).toBe(await balance(id));
      }
    });

    test('what a transfer is for happens once', async () => {
      await open('acc_a');
      const post = () => store.write((tx) => tx.accounts.post(issue('acc_a', 5n, 'iss_1'), NOW));
      await post();
      await expect(post()).rejects.toThrow();
      expect(await balance('acc_a')).toBe(5n);
    });

    test('a nonce is spent once, even when it is spent twice at once', async () => {
      const nonce = sha256(fromHex('01')).slice(0, 16);
      const later = new Date(NOW.getTime() + 1000);
      const spent = await Promise.all(
        Array.from({ length: 5 }, () => store.write((tx) => tx.control.spendNonce(nonce, NOW, later, NOW))),
      );
      expect(spent.filter((is) => is)).toEqual([true]);
    });

    test('what nonces are made with is drawn once, by whoever asks first', async () => {
      const keys = await Promise.all(
        [1, 2, 3].map((n) => store.write((tx) => tx.control.nonceKey(new Uint8Array(32).fill(n)))),
      );
      expect(new Set(keys.map(String)).size).toBe(1);
    });

    test('a key that is claimed is nobody else’s until its transaction ends', async () => {
      await store.write(async (tx) => {
        expect(await tx.control.claimKey('k')).toBe(true);
        expect(await store.write((other) => other.control.claimKey('k'))).toBe(false);
        expect(await store.write((other) => other.control.claimKey('l'))).toBe(true);
      });
      expect(await store.write((tx) => tx.control.claimKey('k'))).toBe(true);
    });

    test('kept answers come back as they were', async () => {
      const answer = { requestHash: HASH, status: 201, body: { id: 'x', list: [1, null, 'ü'] } };
      await store.write((tx) => tx.control.keepAnswer('k', answer, NOW));
      expect(await store.read((tx) => tx.control.keptAnswer('k'))).toEqual(answer);
    });

    test('the issuer’s journal has one writer: numbers without gap or double', async () => {
      const next = () =>
        store.write(async (tx) => {
          const { seq, head } = await tx.journals.lockIssuer(PURSE);
          const w = writeTicket({ purse: fromHex(PURSE), currency: JPY, seq, head }, 5n, new Uint8Array(8));
          await tx.journals.appendIssuer(PURSE, w, [
            { kind: 'ticket_opened', ticketNo: w.seq, maxAmount: 5n },
          ]);
          return w.seq;
        });
      const numbers = await Promise.all(Array.from({ length: 30 }, next));
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
      const entries = await store.read((tx) => tx.journals.entries(PURSE, 0, 100));
      entries.reduce<Uint8Array>((link, e) => {
        expect(e.body.slice(15, 47)).toEqual(link);
        return e.hash;
      }, new Uint8Array(32));
    });

    test('a journal entry is written once', async () => {
      const view = bornView(fromHex(PURSE), JPY, HASH);
      await store.write((tx) => tx.journals.create(view));
      const genesis = {
        purse: fromHex(PURSE),
        seq: 1,
        link: GENESIS_LINK,
        currency: JPY,
        certificateHash: HASH,
      };
      const body = encodeEntry({ type: 'genesis', fields: genesis });
      const entry = { seq: 1, body, hash: headAfter(body) };
      const append = () =>
        store.write((tx) => tx.journals.append({ ...view, seq: 1, head: entry.hash }, [entry], []));
      await append();
      expect(await store.read((tx) => tx.journals.entries(PURSE, 0, 9))).toEqual([entry]);
      await expect(append()).rejects.toThrow();
      expect(await store.read((tx) => tx.journals.entries(PURSE, 0, 9))).toEqual([entry]);
    });

    test('views come back as they were stored, open items included', async () => {
      const view = {
        ...bornView(fromHex(PURSE), JPY, HASH),
        lifecycle: 'active' as const,
        seq: 3,
        balance: 7n,
        openTickets: new Map([[2, { ticketNo: 2, maxAmount: 9n }]]),
        openPayments: new Map([
          [3, { paymentNo: 3, payee: fromHex(PURSE), ticketNo: 8, amount: 2n, hash: HASH }],
        ]),
        openApprovals: new Map([[4, approval(4, 7)]]),
        lastAtc: 9,
      };
      await store.write(async (tx) => {
        await tx.journals.create(view);
        await tx.journals.append(
          view,
          [],
          [
            { kind: 'ticket_opened', ticketNo: 2, maxAmount: 9n },
            { kind: 'ticket_opened', ticketNo: 1, maxAmount: 4n },
            { kind: 'ticket_closed', ticketNo: 1, outcome: 'cancelled', by: undefined },
            {
              kind: 'paid',
              payment: { paymentNo: 3, payee: fromHex(PURSE), ticketNo: 8, amount: 2n, hash: HASH },
            },
            { kind: 'approved', approval: approval(4, 7) },
            { kind: 'approved', approval: approval(5, 9) },
            { kind: 'approval_settled', approvalNo: 5, outcome: 'cancelled' },
          ],
        );
      });
      expect(await store.read((tx) => tx.journals.view(PURSE, JPY))).toEqual(view);
    });

    test('a ticket is consumed once, a payment is settled once', async () => {
      const view = bornView(fromHex(PURSE), JPY, HASH);
      const append = (effects: Parameters<LedgerTxAppend>[2]) =>
        store.write((tx) => tx.journals.append(view, [], effects));
      await store.write((tx) => tx.journals.create(view));
      await append([{ kind: 'ticket_opened', ticketNo: 1, maxAmount: 4n }]);
      const close = { kind: 'ticket_closed', ticketNo: 1, outcome: 'credited', by: HASH } as const;
      await append([close]);
      await expect(append([close])).rejects.toThrow();
      await expect(append([{ kind: 'settled', paymentNo: 1, outcome: 'credited' }])).rejects.toThrow();
    });

    test('I4 an approval is settled once, a counter is used once, and only what is open is in flight', async () => {
      const view = bornView(fromHex(PURSE), JPY, HASH);
      const append = (effects: Parameters<LedgerTxAppend>[2]) =>
        store.write((tx) => tx.journals.append(view, [], effects));
      const inFlight = async () => (await store.read((tx) => tx.auditTotals())).approvals;
      const settle = (approvalNo: number, outcome: 'credited' | 'cancelled') =>
        ({ kind: 'approval_settled', approvalNo, outcome }) as const;
      await store.write((tx) => tx.journals.create(view));
      await append([1, 2, 3].map((no) => ({ kind: 'approved', approval: approval(no, no) })));
      expect(await inFlight()).toBe(6n);
      await append([settle(1, 'cancelled'), settle(2, 'credited')]);
      expect(await inFlight()).toBe(2n);
      await expect(append([settle(1, 'credited')])).rejects.toThrow();
      await expect(append([settle(3, 'credited'), settle(3, 'cancelled')])).rejects.toThrow();
      await expect(append([settle(9, 'cancelled')])).rejects.toThrow();
      await expect(append([{ kind: 'approved', approval: approval(4, 3) }])).rejects.toThrow();
      expect(await inFlight()).toBe(2n);
    });

    test('only the newest attempt at a card writes; no PAN is two cards’, no key number comes twice', async () => {
      const [one, two] = ['0a'.repeat(10), '0b'.repeat(10)];
      await store.write((tx) => tx.cards.add([one, two], 48, FIRST_ISSUER, NOW));
      const begin = async (serial: string) => {
        const row = await store.write((tx) => tx.cards.begin(serial));
        if (row === undefined) throw new Error('the card is there');
        return row;
      };
      const [old, card, other] = [await begin(one), await begin(one), await begin(two)];
      const application = {
        profile: 'p',
        panHash: HASH,
        panLast4: '1234',
        panSequence: '01',
        expiry: '3110',
      };
      expect(await store.write((tx) => tx.cards.setApplication(old, application))).toBe(false);
      expect(await store.write((tx) => tx.cards.nextKeyNumber(old))).toBeUndefined();
      expect(await store.write((tx) => tx.cards.setApplication(card, application))).toBe(true);
      await expect(store.write((tx) => tx.cards.setApplication(other, application))).rejects.toThrow();
      const numbers = await Promise.all(
        [1, 2, 3].map(() => store.write((tx) => tx.cards.nextKeyNumber(card))),
      );
      expect(numbers.sort()).toEqual([1, 2, 3]);
      // Without a purse no card is personalised.
      await expect(store.write((tx) => tx.cards.personalised(card, NOW))).rejects.toThrow();
      const row = await store.read((tx) => tx.cards.bySerial(one));
      expect(row).toMatchObject({ state: 'manufactured', attempt: 2, keyNumber: 3, application });
      const serials = await Promise.all(
        [1, 2].map(() => store.write((tx) => tx.cards.nextCertificateSerial())),
      );
      expect(new Set(serials).size).toBe(2);
    });

    test('an alert is raised once, and again after it was explained', async () => {
      const raise = (id: string) =>
        store.write((tx) =>
          tx.alerts.raise(
            {
              id,
              kind: 'fork',
              severity: 'proven',
              purse: PURSE,
              subject: 's',
              says: 'x',
              evidence: { a: 1 },
            },
            NOW,
          ),
        );
      expect(await raise('alt_1')).toBe('alt_1');
      expect(await raise('alt_2')).toBe('alt_1');
      await store.write((tx) => tx.alerts.explain([PURSE], 'fork', NOW));
      expect(await raise('alt_3')).toBe('alt_3');
      const rows = await store.read((tx) => tx.alerts.list({ limit: 9, after: undefined }));
      expect(rows.map((r) => [r.id, r.status])).toEqual([
        ['alt_1', 'explained'],
        ['alt_3', 'open'],
      ]);
    });
  });
}

type LedgerTxAppend = Parameters<Parameters<LedgerStore['write']>[0]>[0]['journals']['append'];

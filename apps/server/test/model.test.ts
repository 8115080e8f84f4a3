/**
 * Sequences of calls against a model of a few lines: what every account holds, what of every transfer can still be sent
 * back, and which issuances wait. The server must agree after every step, also on what it refuses and why.
 * SOKKIN_MODEL_RUNS sequences, from SOKKIN_MODEL_SEED.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, freshKey, issueTo, type Rig, rig } from './kit.ts';

const RUNS = Number(process.env.SOKKIN_MODEL_RUNS ?? 12);
const SEED = Number(process.env.SOKKIN_MODEL_SEED ?? 1);

let r: Rig;
beforeAll(async () => {
  r = await rig({ webhooks: false });
});
afterAll(() => r.close());

interface Transfer {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  left: bigint;
}
interface Waiting {
  readonly proposal: string;
  readonly account: string;
  readonly amount: bigint;
  isOpen: boolean;
}
interface Model {
  readonly balances: Map<string, bigint>;
  readonly transfers: Transfer[];
  readonly waiting: Waiting[];
  /** The last thing that was done under a key: sent again, it does nothing. */
  last: (() => Promise<Answer>) | undefined;
}

const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('propose' as const), a: fc.nat(2), amount: fc.nat(500) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('decide' as const),
      n: fc.nat(9),
      by: fc.constantFrom('api' as const, 'second' as const),
      approve: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('transfer' as const),
      a: fc.nat(2),
      b: fc.nat(2),
      amount: fc.nat(300),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('reverse' as const), n: fc.nat(9), amount: fc.nat(300) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('repeat' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Asks under a key of its own, and remembers how to ask the very same again. */
async function ask(model: Model, path: string, body: object, by: 'api' | 'second' = 'api'): Promise<Answer> {
  const key = { 'idempotency-key': freshKey() };
  const send = () => r[by].post(path, body, key);
  const answer = await send();
  if (answer.status < 300) model.last = send;
  return answer;
}
const move = ({ balances }: Model, account: string, by: bigint): void => {
  balances.set(account, (balances.get(account) ?? 0n) + by);
};
/** The code of a refusal, or 'done'. */
const outcome = ({ status, body }: Answer): string => (status < 300 ? 'done' : body.code);
const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];

async function run(model: Model, what: Step): Promise<void> {
  const names = [...model.balances.keys()];
  switch (what.does) {
    case 'propose': {
      const account = pick(names, what.a) ?? '';
      const amount = BigInt(what.amount) + 1n;
      const answer = await ask(model, '/v1/issuances', { account, amount: amount.toString() });
      expect(outcome(answer)).toBe('done');
      model.waiting.push({ proposal: answer.body.proposal, account, amount, isOpen: true });
      return;
    }
    case 'decide': {
      const proposal = pick(model.waiting, what.n);
      if (proposal === undefined) return;
      const path = `/v1/proposals/${proposal.proposal}/${what.approve ? 'approve' : 'refuse'}`;
      const answer = await ask(model, path, {}, what.by);
      if (!proposal.isOpen)
        expect(['proposal_not_waiting', 'second_person_needed']).toContain(outcome(answer));
      else expect(outcome(answer)).toBe(what.by === 'api' ? 'second_person_needed' : 'done');
      if (outcome(answer) !== 'done') return;
      proposal.isOpen = false;
      if (what.approve) move(model, proposal.account, proposal.amount);
      return;
    }
    case 'transfer': {
      const [from, to] = [pick(names, what.a) ?? '', pick(names, what.b) ?? ''];
      const amount = BigInt(what.amount) + 1n;
      const answer = await ask(model, '/v1/transfers', { from, to, amount: amount.toString() });
      const has = model.balances.get(from) ?? 0n;
      const expected = from === to ? 'same_account' : has < amount ? 'insufficient_funds' : 'done';
      expect(outcome(answer)).toBe(expected);
      if (expected !== 'done') return;
      move(model, from, -amount);
      move(model, to, amount);
      model.transfers.push({ id: answer.body.id, from, to, left: amount });
      return;
    }
    case 'reverse': {
      const transfer = pick(model.transfers, what.n);
      if (transfer === undefined) return;
      const amount = BigInt(what.amount) + 1n;
      const wish = { amount: amount.toString(), reason: 'Mistaken' };
      const answer = await ask(model, `/v1/transfers/${transfer.id}/reversal`, wish);
      const has = model.balances.get(transfer.to) ?? 0n;
      const expected =
        amount > transfer.left ? 'reversal_too_large' : has < amount ? 'insufficient_funds' : 'done';
      expect(outcome(answer)).toBe(expected);
      if (expected !== 'done') return;
      transfer.left -= amount;
      move(model, transfer.to, -amount);
      move(model, transfer.from, amount);
      return;
    }
    case 'repeat': {
      if (model.last !== undefined) expect(outcome(await model.last())).toBe('done');
    }
  }
}

test('the server and a model of a few lines agree after every step of any sequence', async () => {
  console.info(`SOKKIN_MODEL_SEED=${SEED} SOKKIN_MODEL_RUNS=${RUNS}`);
  let moved = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      const model: Model = { balances: new Map(), transfers: [], waiting: [], last: undefined };
      for (const name of ['A', 'B', 'C']) {
        const { id } = await r.api.make('/v1/accounts', { name });
        await issueTo(r.api, id, 500n);
        model.balances.set(id, 500n);
      }
      for (const what of steps) {
        await run(model, what);
        for (const [id, balance] of model.balances)
          expect((await r.api.get(`/v1/accounts/${id}`)).body.balance).toBe(balance.toString());
      }
      moved += model.transfers.length;
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
  expect(moved).toBeGreaterThan(RUNS);
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

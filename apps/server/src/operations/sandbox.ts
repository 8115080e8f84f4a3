/**
 * The sandbox: a clock that can be moved, and amounts that make each failure happen.
 *
 * What must hold: in live mode nothing of this is there; the clock never goes back, and every process of a sandbox has the
 * same one a second after it was moved.
 */
import type { LedgerStore } from '@sokkin/issuer';
import { Problem, type ProblemCode } from '../problems.ts';

/** What a magic amount does. `once`: only to the first request with an Idempotency-Key, so that repeating it helps. */
export interface Magic {
  readonly amount: string;
  readonly does: 'refuse' | 'refuse_once' | 'wait' | 'lose_answer';
  readonly code?: ProblemCode;
  readonly says: string;
}

const ONCE = 'Repeated with the same `Idempotency-Key` it goes through.';

/** Of requests with an `amount` or `max_amount` of their own. */
export const MAGIC: readonly Magic[] = [
  { amount: '4000000001', does: 'refuse', code: 'insufficient_funds', says: 'There is never enough.' },
  { amount: '4000000002', does: 'refuse', code: 'balance_too_large', says: 'It is always too much.' },
  { amount: '4000000003', does: 'refuse', code: 'account_unknown', says: 'The account is never found.' },
  { amount: '4000000004', does: 'refuse', code: 'purse_blocked', says: 'The purse is always blocked.' },
  {
    amount: '4000000011',
    does: 'refuse_once',
    code: 'rate_limited',
    says: `With \`Retry-After: 1\`. ${ONCE}`,
  },
  { amount: '4000000012', does: 'refuse_once', code: 'overloaded', says: ONCE },
  { amount: '4000000013', does: 'refuse_once', code: 'internal_error', says: ONCE },
  {
    amount: '4000000014',
    does: 'refuse_once',
    code: 'idempotency_key_in_flight',
    says: `As if the first request were still under way. ${ONCE}`,
  },
  { amount: '4000000021', does: 'wait', says: 'The answer comes five seconds late.' },
  {
    amount: '4000000022',
    does: 'lose_answer',
    says: 'It is done, and the connection breaks before the answer. Repeated with the same `Idempotency-Key` the answer comes, and it was done once.',
  },
];

const BY_AMOUNT: ReadonlyMap<unknown, Magic> = new Map(MAGIC.map((m) => [m.amount, m]));
export const magicOf = (amount: unknown): Magic | undefined => BY_AMOUNT.get(amount);

/** docs/api/sandbox.md. */
export const sandboxGuide = (): string => `# The sandbox

Made by \`npm run contract\` from \`apps/server/src/operations/sandbox.ts\`. A server is a sandbox unless \`SOKKIN_MODE=live\`;
then nothing of this is there. Tests: \`npx vitest run apps/server/test/sandbox.test.ts\`.

## The clock

\`POST /v1/sandbox/clock {"advance_seconds": 86400}\` moves it forward, for every process within a second, and for good:
it outlives restarts and never goes back. \`GET /v1/sandbox/clock\` shows it. Access tokens age with it, too.

## Amounts that make failures happen

An \`amount\` or \`max_amount\` of its own in the body of a POST; items of bulk requests are not looked at.

| amount | answer | |
|---|---|---|
${MAGIC.map((m) => `| \`${m.amount}\` | ${m.code === undefined ? 'as usual' : `\`${m.code}\``} | ${m.says} |`).join('\n')}

## A wallet, a shop

\`POST /v1/sandbox/wallets {"name", "jwk"}\` makes the device with this key the wallet of a new customer who has some money;
\`POST /v1/sandbox/cards {"account", "enrolment"}\`, asked by such a wallet, makes a blank card one of its customer, as a secure element that it stands in for;
\`POST /v1/sandbox/shops {"name", "category", "jwk"}\` makes it the terminal of a new shop ([acceptance.md](../acceptance.md)). In live mode institutions do both,
after they have seen who asks. Tests: \`npx vitest run apps/server/test/sandbox-wallets.test.ts apps/server/test/terminals.test.ts\`.

## Endpoints that fail

\`POST /v1/sandbox/answers/{status}?delay_ms=0\` answers with this status, up to 20 seconds late: point a webhook at it, such
as \`http://127.0.0.1:8787/v1/sandbox/answers/503\`.
`;

export interface SandboxClock {
  readonly now: () => Date;
  /** By how much it is ahead, in all. */
  readonly aheadMs: () => number;
  /** Moves it forward for all processes. */
  advance(ms: number): Promise<void>;
  stop(): void;
}

const REFRESH_MS = 1000;
/** A hundred years. */
const MOST_MS = 100 * 365.25 * 86_400_000;

export async function openSandboxClock(store: LedgerStore, base: () => Date): Promise<SandboxClock> {
  let aheadMs = await store.read((tx) => tx.control.sandboxAheadMs());
  const learn = (ms: number): void => {
    // A read that was begun before a move must not undo it.
    aheadMs = Math.max(aheadMs, ms);
  };
  const timer = setInterval(() => {
    // A database that is away for a moment says nothing new.
    store.read((tx) => tx.control.sandboxAheadMs()).then(learn, () => undefined);
  }, REFRESH_MS);
  timer.unref();
  return {
    now: () => new Date(base().getTime() + aheadMs),
    aheadMs: () => aheadMs,
    async advance(ms) {
      const ahead = await store.write(async (tx) => {
        const after = await tx.control.advanceSandbox(ms);
        if (after > MOST_MS)
          throw new Problem(
            'sandbox_clock_too_far',
            'The clock would be more than 100 years ahead.',
            'advance_seconds',
          );
        return after;
      });
      learn(ahead);
    },
    stop: () => clearInterval(timer),
  };
}

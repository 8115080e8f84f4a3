/**
 * What the wallet asks its bank about cards: whether one is the customer's, and what becomes of one that was lost (docs/claims.md).
 *
 * What must hold: what the bank tells is looked at before it is kept; a report is made once, however often it is asked for.
 */
import { type Client, SokkinApiError } from '@sokkin/sdk';
import * as read from '@sokkin/sdk/json';
import { orderPaymentCard, type PaymentCardOrder } from '@sokkin/sdk/wallet';
import type { BackendApi } from '@sokkin/terminal';
import type { KeptClaim } from '../../keep/cards.ts';

export type LossKind = 'lost' | 'stolen' | 'broken';

export interface CardBank {
  /** As `provision` asks for a card in a sandbox. */
  readonly issuer: BackendApi;
  /** A chip for this account, and the session that makes a card of it; in a sandbox. */
  order(account: string): Promise<PaymentCardOrder>;
  /** Whether the purse is one of this account. */
  isMine(purse: string, account: string): Promise<boolean>;
  /** `key`: the same for every repetition. */
  report(purse: string, kind: LossKind, key: string): Promise<KeptClaim>;
  claim(id: string): Promise<KeptClaim>;
  withdraw(id: string, key: string): Promise<KeptClaim>;
}

interface BankParts {
  readonly client: Client;
  readonly issuer: BackendApi;
  /** Failures as SokkinError, as everywhere in the wallet. */
  readonly inWords: <T>(ask: () => Promise<T>) => Promise<T>;
}

export function cardBank({ client, issuer, inWords }: BankParts): CardBank {
  const params = (id: string) => ({ params: { path: { id } } });
  const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });
  return {
    issuer,
    async order(account) {
      const { chip, carry } = await inWords(() => orderPaymentCard(client, account));
      return { chip, carry: (card) => inWords(() => carry(card)) };
    },
    async isMine(purse, account) {
      const found = await inWords(() => client.get('/v1/purses/{id}', params(purse)).catch(isNothing));
      return found?.account === account;
    },
    report: async (purse, kind, key) =>
      claimFrom(await inWords(() => client.post('/v1/claims', { body: { purse, kind }, ...keyed(key) }))),
    claim: async (id) => claimFrom(await inWords(() => client.get('/v1/claims/{id}', params(id)))),
    withdraw: async (id, key) =>
      claimFrom(
        await inWords(() =>
          client.post('/v1/claims/{id}/withdraw', { ...params(id), ...keyed(key), body: {} }),
        ),
      ),
  };
}

/** What belongs to others is answered as what does not exist. */
function isNothing(error: unknown): undefined {
  if (error instanceof SokkinApiError && error.code === 'not_found') return undefined;
  throw error;
}

export function claimFrom(answer: unknown): KeptClaim {
  const o = read.object(answer, 'claim');
  const value = read.object(o.value, 'claim.value');
  const maybe = (one: unknown, path: string) => (one === null ? null : read.text(one, path));
  return {
    id: read.text(o.id, 'claim.id'),
    status: read.text(o.status, 'claim.status'),
    kind: read.text(o.kind, 'claim.kind'),
    reportedAt: read.text(o.reported_at, 'claim.reported_at'),
    dueAt: read.text(o.due_at, 'claim.due_at'),
    amount: BigInt(read.text(value.amount, 'claim.value.amount')),
    refunded: BigInt(read.text(o.refunded, 'claim.refunded')),
    steps: read.list(o.timeline, 'claim.timeline').map((one) => {
      const step = read.object(one, 'claim.timeline[]');
      return {
        step: read.text(step.step, 'claim.timeline[].step'),
        at: maybe(step.at, 'claim.timeline[].at'),
        due: maybe(step.due, 'claim.timeline[].due'),
      };
    }),
  };
}

/**
 * A shop for whoever asks, in a sandbox: customer, account, merchant, and a terminal that speaks over HTTPS. In live mode an acquirer does this,
 * after it has seen who asks.
 *
 * What must hold: only in a sandbox; every step is the one that institutions take, with the same entries in the log. The first issuer is the
 * acquirer, so that it certifies the shop's own purse, too.
 */
import { hex } from '@sokkin/codec';
import { FIRST_ISSUER, type LedgerTx } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import type { PublicJwk } from '../access/device-key.ts';
import { ALL_SCOPES, type Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { createAccount } from './accounts.ts';
import { addLink } from './acquirer-links.ts';
import { addParty } from './institutions.ts';
import { addMerchant } from './merchants.ts';
import { addTerminal, type Enrolled, enrolTerminal } from './terminals/terminals.ts';

const COUNTER: Principal = {
  kind: 'operator',
  id: 'sandbox',
  institution: FIRST_ISSUER,
  reach: 'own',
  scopes: ALL_SCOPES,
};
const CONNECTION = 'Sandbox shops';
const DIALECT = '1987-ascii';

export interface ShopWish {
  readonly name: string;
  /** ISO 18245. */
  readonly category: string;
  readonly jwk: PublicJwk;
}

export async function openSandboxShop(
  b: Backend,
  tx: LedgerTx,
  { name, category, jwk }: ShopWish,
): Promise<Enrolled> {
  const connection = await connectionFor(b, tx);
  const chance = hex(b.crypto.randomBytes(12));
  const { id: party } = await addParty(b, tx, COUNTER, {
    ...{ institution: undefined, reference: `sandbox-${chance}`, person: undefined },
  });
  const { id: account } = await createAccount(b, tx, COUNTER, {
    ...{ name, institution: undefined, party, isAnonymous: false },
  });
  const { id: merchant } = await addMerchant(b, tx, COUNTER, {
    // Fifteen characters of field 42.
    ...{ institution: undefined, acceptor: `S${chance.slice(0, 14).toUpperCase()}`, name, category },
    ...{ account, reserve: undefined, takesPartial: false },
  });
  const { code } = await addTerminal(b, tx, COUNTER, { merchant, connection, terminal: undefined });
  const enrolled = await enrolTerminal(b, tx, { code, jwk });
  record(b, tx, COUNTER, 'sandbox.shop_opened', enrolled.device.id, { account, merchant });
  return enrolled;
}

/** One for all shops of the sandbox; the lock keeps two first ones from making it twice. */
async function connectionFor(b: Backend, tx: LedgerTx): Promise<string> {
  await tx.institutions.lock(FIRST_ISSUER);
  const links = await tx.acquirerLinks.list({
    ...{ limit: 100, after: undefined, of: { institution: FIRST_ISSUER } },
  });
  const there = links.find(
    ({ door, status, name }) => door.by === 'https' && status === 'active' && name === CONNECTION,
  );
  if (there !== undefined) return there.id;
  const { link } = await addLink(b, tx, COUNTER, {
    ...{ institution: undefined, name: CONNECTION, profile: DIALECT, mac: undefined, door: { by: 'https' } },
    settings: {
      ...{ signOn: false, mostInFlight: 5_000, timeoutMs: 15_000, idleSeconds: 600 },
      ...{ lostAnswers: 'keep', standIn: undefined },
    },
  });
  return link.id;
}

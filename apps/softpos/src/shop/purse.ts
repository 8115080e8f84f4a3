/**
 * The shop's own purse: made once, held up at its own counter, emptied into the account.
 *
 * What must hold: whoever uses it has it alone, and no PIN stays verified; torn anywhere, making it and a sweep go on where they stopped.
 */
import { SokkinError } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import {
  type ApduTransport,
  type BackendApi,
  limits,
  provision,
  redeem,
  select,
  summary,
  type Verifier,
} from '@sokkin/terminal';
import type { OwnPurse } from '@sokkin/web/purse';
import { getAbout, putAbout, type ShopDatabase } from '../keep/database.ts';
import type { PurseShown } from './view.ts';

const PIN_DIGITS = 8;

/** Put under power for one tap, as the acceptance SDK wants it. */
export function forOneTap(own: OwnPurse): () => Promise<ApduTransport> {
  return () =>
    new Promise((resolve, reject) => {
      own
        .use(
          (purse) =>
            new Promise<void>((release) => {
              resolve({
                extended: purse.extended,
                transmit: (command) => purse.transmit(command),
                close: async () => release(),
              });
            }),
        )
        .catch(reject);
    });
}

/** Nobody types it: it lets this app pay refunds, and nobody else who gets hold of the purse alone. */
export async function ownPin(database: ShopDatabase): Promise<string> {
  const kept = await getAbout(database, 'ownPin');
  if (kept !== undefined) return kept;
  const octets = crypto.getRandomValues(new Uint8Array(PIN_DIGITS));
  const made = [...octets].map((octet) => String(octet % 10)).join('');
  await putAbout(database, 'ownPin', made);
  return made;
}

export interface Making {
  readonly database: ShopDatabase;
  readonly crypto: CryptoPort;
  readonly taps: BackendApi;
  readonly verifier: Verifier;
  readonly account: string;
}

export async function makePurse(own: OwnPurse, making: Making): Promise<void> {
  const { database, crypto, taps, verifier, account } = making;
  const pin = await ownPin(database);
  const wish = { account, assurance: 'software', pin, root: verifier.trust.root } as const;
  const born = await own.use((purse) => provision(purse, crypto, taps, wish));
  if (born.status !== 'ok')
    throw new SokkinError('purse_refused', `The shop's purse could not be made (${born.status}).`);
}

/** undefined: it is blank, or blocked. */
export function readPurse(own: OwnPurse): Promise<Omit<PurseShown, 'syncedAt'> | undefined> {
  return own.use(async (purse) => {
    const selected = await select(purse);
    if (selected.status !== 'ok' || selected.value.certificate === undefined) return undefined;
    const [held, most] = [await summary(purse), await limits(purse)];
    if (held.status !== 'ok' || most.status !== 'ok') return undefined;
    return { balance: held.value.balance, most: most.value.holding };
  });
}

/** Everything in it to the account; what was begun before is finished first. What went; 0: nothing was there. */
export async function sweepPurse(own: OwnPurse, making: Making): Promise<bigint> {
  const { database, taps, verifier, account } = making;
  const left = await getAbout(database, 'sweep');
  const amount = left?.amount ?? (await readPurse(own))?.balance ?? 0n;
  if (amount === 0n) return 0n;
  const key = left?.key ?? crypto.randomUUID();
  await putAbout(database, 'sweep', { amount, key });
  const pin = await ownPin(database);
  const again = left !== undefined;
  const done = await own
    .use((purse) => redeem(purse, verifier, taps, { account, amount, pin, key, again }))
    .catch(async (error: unknown) => {
      // A definite no; a lost network leaves it to be finished.
      if (error instanceof SokkinError && error.code === 'backend_refused')
        await putAbout(database, 'sweep', undefined);
      throw error;
    });
  await putAbout(database, 'sweep', undefined);
  if (done.status === 'ok') return amount;
  throw new SokkinError('purse_refused', `The shop's purse did not pay ${amount} out (${done.status}).`);
}

/**
 * Network messages: sign on and off, signs of life, the next key, cut-over.
 *
 * What must hold: the next key is in the database before it is answered, and the answer has its code under the key that the question had; the
 * same change said again has the same answer.
 */
import { type Bytes, equal, fromHex, type IsoMessage, type IsoValue, SokkinError } from '@sokkin/codec';
import type { SymmetricPort } from '@sokkin/crypto';
import type { AcceptanceOutcome, AcquirerLink } from '@sokkin/issuer';
import { type IsoMacKey, keyFieldOf, networkActOf, unwrapIsoKey } from '@sokkin/node';
import { record } from '../../access/audit-log.ts';
import type { Principal } from '../../access/principal.ts';
import type { Backend } from '../../backend.ts';
import { sealLinkKey } from '../../keys/link-keys.ts';
import { networkCutOver } from '../settlement/days.ts';
import type { HostLink, LinkBook } from './links.ts';
import type { HostLog } from './log.ts';

/** What a connection is. */
export interface NetworkState {
  isSignedOn: boolean;
}

export interface NetworkParts {
  readonly backend: Backend;
  readonly symmetric: SymmetricPort;
  readonly book: LinkBook;
  readonly log: HostLog;
}

/** undefined: it is accepted. */
export async function network(
  parts: NetworkParts,
  link: HostLink,
  state: NetworkState,
  message: IsoMessage,
  key: IsoMacKey | undefined,
): Promise<AcceptanceOutcome | undefined> {
  const act = message.mti.function === 'request' ? networkActOf(link.profile, message) : undefined;
  switch (act) {
    case undefined:
      return 'transaction_invalid';
    case 'sign-on':
    case 'sign-off':
      state.isSignedOn = act === 'sign-on';
      return undefined;
    case 'echo':
      return undefined;
    case 'cut-over':
      return attempt(parts.log, 'cut-over', async () => {
        await networkCutOver(parts.backend, actorOf(link.row), link.row.institution);
        return undefined;
      });
    case 'key-change':
      return attempt(parts.log, 'key-change', () => changeKey(parts, link, message, key));
  }
}

async function attempt(
  log: HostLog,
  what: string,
  work: () => Promise<AcceptanceOutcome | undefined>,
): Promise<AcceptanceOutcome | undefined> {
  try {
    return await work();
  } catch (error) {
    log.warn({ err: error, what }, 'a network message failed');
    return 'system_error';
  }
}

async function changeKey(
  parts: NetworkParts,
  link: HostLink,
  message: IsoMessage,
  current: IsoMacKey | undefined,
): Promise<AcceptanceOutcome | undefined> {
  const field = keyFieldOf(link.profile);
  const { row } = link;
  if (field === undefined || current === undefined || row.mac === undefined) return 'transaction_invalid';
  const next = nextKey(parts.symmetric, current, message.fields.get(field));
  if (next === undefined) return 'format_error';
  // Said again, because the answer was lost.
  if (link.line.key !== undefined && equal(link.line.key.key, next.key)) return undefined;
  const { keys } = parts.backend;
  const { generation } = row.mac;
  const sealed = await sealLinkKey(keys, row.id, next.key);
  const isChanged = await parts.backend.store.write(async (tx) => {
    const changed = await tx.acquirerLinks.changeKey(row.id, generation, sealed);
    if (changed)
      record(parts.backend, tx, actorOf(row), 'acquirer_link.key_changed', row.id, {
        generation: generation + 1,
      });
    return changed;
  });
  if (!isChanged) {
    await parts.book.reload();
    return 'in_progress';
  }
  parts.book.keyChanged(link, { ...row, mac: { ...row.mac, sealed, generation: generation + 1 } }, next);
  return undefined;
}

/** undefined: there is none in the field, or not under this key. */
function nextKey(
  port: SymmetricPort,
  current: IsoMacKey,
  value: IsoValue | undefined,
): IsoMacKey | undefined {
  try {
    const block = octetsOf(value);
    return block && unwrapIsoKey(port, current, block);
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

function octetsOf(value: IsoValue | undefined): Bytes | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' ? fromHex(value.trim().toLowerCase()) : undefined;
}

/** The link itself acts: nobody's token is behind it. */
const actorOf = ({ id, institution }: AcquirerLink): Principal => ({
  kind: 'institution',
  id,
  institution,
  reach: 'own',
  scopes: new Set(),
});

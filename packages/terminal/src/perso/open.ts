/**
 * Opening a secure channel to the security domain of a card (GPCS 2.3, 11.9; Amendment D, 7.1).
 *
 *     SELECT; INITIALIZE UPDATE (which card, its proof); EXTERNAL AUTHENTICATE (the host's proof)
 *
 * What must hold: nothing is sent that the keys protect before the card has proven that it holds them. Refused and
 * tried again, it is a new channel with new challenges.
 */
import { type Bytes, type CommandApdu, command, DOMAIN_AID, type ResponseApdu, SW } from '@sokkin/codec';
import {
  initializeUpdate,
  openHost,
  readInitializeUpdate,
  type Scp03Keys,
  type Scp03Level,
  type SymmetricPort,
} from '@sokkin/crypto';
import { CLA, INS } from '@sokkin/purse';
import { send } from '../exchange.ts';
import { reading } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';
import { type DomainOutcome, done, untrustedAnswer } from './outcome.ts';
import { type DomainInfo, DomainSession } from './session.ts';

/** The card's first key version, whichever it is (Amendment D, 7.1.1). */
const ANY_VERSION = 0;
const CHALLENGE_LENGTH = 8;
const SHORT_NE = 0x100;

/** Keys of the one card that is there, or of whichever is: undefined for a card that is not known. */
export type DomainKeys =
  | { readonly keys: Scp03Keys }
  | {
      readonly keyOf: (
        diversification: Bytes,
        keyVersion: number,
      ) => Scp03Keys | undefined | Promise<Scp03Keys | undefined>;
    };

export type OpenDomain = DomainKeys & {
  readonly symmetric: SymmetricPort;
  /** Default 33: all that there is. Personalisation needs 03 at least. */
  readonly level?: Scp03Level;
};

export async function openDomain(
  transport: ApduTransport,
  options: OpenDomain,
): Promise<DomainOutcome<DomainSession>> {
  const selected = await ask(
    transport,
    command(CLA.interindustry, INS.select, 0x04, 0x00, DOMAIN_AID, SHORT_NE),
  );
  if (selected.status !== 'ok') return selected;
  const isLocked = selected.value.sw === SW.fileDeactivated;
  if (selected.value.sw !== SW.ok && !isLocked) return { status: 'no_domain' };
  return authenticate(transport, options, isLocked);
}

async function authenticate(
  transport: ApduTransport,
  options: OpenDomain,
  isLocked: boolean,
): Promise<DomainOutcome<DomainSession>> {
  const { symmetric, level = 0x33 } = options;
  const version = 'keys' in options ? options.keys.version : ANY_VERSION;
  const challenge = symmetric.randomBytes(CHALLENGE_LENGTH);
  const shown = await accepted(transport, initializeUpdate(version, challenge));
  if (shown.status !== 'ok') return shown;
  const read = reading(() => readInitializeUpdate(shown.value));
  if (read.status !== 'ok') return untrustedAnswer('It does not speak SCP03.');
  const { diversification, keyVersion } = read.value;
  const keys = 'keys' in options ? options.keys : await options.keyOf(diversification, keyVersion);
  if (keys === undefined) return { status: 'unknown_card' };
  const host = openHost(symmetric, keys, challenge, read.value, level);
  switch (host.verdict) {
    case 'bad-cryptogram':
      return { status: 'wrong_keys' };
    case 'wrong-mode':
    case 'level-not-supported':
      return { status: 'level_not_supported' };
    case 'ok': {
      const opened = await accepted(transport, host.command);
      if (opened.status !== 'ok') return opened;
      const info: DomainInfo = { diversification: diversification.slice(), keyVersion, isLocked };
      return done(new DomainSession(transport, symmetric, keys, host.channel, info));
    }
  }
}

async function ask(transport: ApduTransport, c: CommandApdu): Promise<DomainOutcome<ResponseApdu>> {
  const answer = await send(transport, c);
  return answer === 'garbled' ? untrustedAnswer('It is no response APDU.') : done(answer);
}

async function accepted(transport: ApduTransport, c: CommandApdu): Promise<DomainOutcome<Bytes>> {
  const answer = await ask(transport, c);
  if (answer.status !== 'ok') return answer;
  const { data, sw } = answer.value;
  return sw === SW.ok ? done(data) : { status: 'refused', sw };
}

/**
 * The issuer security domain (GlobalPlatform Card Specification 2.3, with Amendment D 1.2: SCP03), which lets the issuer
 * personalise the applications of the card and lock it, over any channel (docs/spec/card-application.md, section 10).
 *
 * What must hold:
 * - without the keys of this card nothing can be done but reading public data and asking for a challenge;
 * - a number of the sequence counter is committed before its challenge leaves, so no challenge comes twice;
 * - one wrong message closes the channel, and it stays closed until both sides proved themselves anew;
 * - a refused command changes nothing in memory; the one of a grouping that its application took, it said itself.
 */
import {
  type Bytes,
  type CommandApdu,
  DOMAIN_AID,
  DOMAIN_INS,
  FOR_PERSONALIZATION,
  type ResponseApdu,
  SW,
} from '@sokkin/codec';
import {
  type AuthenticateOutcome,
  answerExternalAuthenticate,
  answerInitializeUpdate,
  type CardOpening,
  encryptsCommands,
  type InitializeUpdateOutcome,
  isSecureClass,
  type Scp03Channel,
  type Scp03Refusal,
  type SymmetricPort,
  scp03DecryptSecret,
  unpad80,
  unwrapCommand,
  wrapResponse,
} from '@sokkin/crypto';
import { type Applet, failed, ok } from '../applet.ts';
import { domainData, domainFci } from './data.ts';
import { setStatus } from './lifecycle.ts';
import { personaliser } from './personaliser.ts';
import { getStatus } from './registry.ts';
import { DOMAIN_MODE, type DomainStore, MAX_SEQUENCE } from './state.ts';

const CLA = { interindustry: 0x00, globalPlatform: 0x80 } as const;
const KNOWN: readonly number[] = Object.values(DOMAIN_INS);

type Session =
  | { readonly phase: 'closed' }
  /** The card showed who it is, the host not yet. */
  | { readonly phase: 'opening'; readonly opening: CardOpening }
  | { readonly phase: 'open'; readonly channel: Scp03Channel };
const CLOSED: Session = { phase: 'closed' };

/** `applets`: all others of the card; those that have `personalisation` can be personalised. */
export function securityDomain(
  store: DomainStore,
  symmetric: SymmetricPort,
  applets: readonly Applet[],
): Applet {
  let session: Session = CLOSED;
  const loading = personaliser(applets, decipher);

  function decipher(value: Bytes): Bytes | undefined {
    const padded = scp03DecryptSecret(symmetric, store.state.keys, value);
    return padded && unpad80(padded, 16);
  }

  function close(): void {
    session = CLOSED;
    loading.end();
  }

  /** GPCS, 11.3 and Amendment D, 7.1.1: what needs no channel. In an open one, it closes it. */
  async function plain(command: CommandApdu): Promise<ResponseApdu> {
    const { cla, ins } = command;
    if (ins === DOMAIN_INS.initializeUpdate) return initializeUpdate(command);
    if (session.phase === 'open') return refuse(SW.securityStatusNotSatisfied);
    if (ins === DOMAIN_INS.getData) return getData(command);
    if (!KNOWN.includes(ins)) return failed(SW.insNotSupported);
    return failed(cla === CLA.globalPlatform ? SW.securityStatusNotSatisfied : SW.claNotSupported);
  }

  function refuse(sw: number): ResponseApdu {
    close();
    return failed(sw);
  }

  async function initializeUpdate(command: CommandApdu): Promise<ResponseApdu> {
    close();
    const { state } = store;
    const sequence = state.sequence + 1;
    if (sequence > MAX_SEQUENCE) return failed(SW.conditionsNotSatisfied);
    const card = { ...state, aid: DOMAIN_AID, mode: DOMAIN_MODE, sequence };
    const answer = answerInitializeUpdate(symmetric, card, command);
    if (answer.verdict !== 'ok') return failed(INITIALIZE_REFUSED[answer.verdict]);
    await store.commit({ ...state, sequence });
    session = { phase: 'opening', opening: answer.opening };
    return ok(answer.data);
  }

  async function secured(command: CommandApdu): Promise<ResponseApdu> {
    switch (session.phase) {
      case 'closed': {
        const isFirst = command.ins === DOMAIN_INS.externalAuthenticate;
        return failed(isFirst ? SW.conditionsNotSatisfied : SW.securityStatusNotSatisfied);
      }
      case 'opening':
        return externalAuthenticate(session.opening, command);
      case 'open':
        return inChannel(session.channel, command);
    }
  }

  function externalAuthenticate(opening: CardOpening, command: CommandApdu): ResponseApdu {
    close();
    const answer = answerExternalAuthenticate(symmetric, opening, command);
    if (answer.verdict !== 'ok') return failed(AUTHENTICATE_REFUSED[answer.verdict]);
    session = { phase: 'open', channel: answer.channel };
    return ok();
  }

  async function inChannel(channel: Scp03Channel, command: CommandApdu): Promise<ResponseApdu> {
    const unwrapped = unwrapCommand(symmetric, channel, command);
    if (unwrapped.verdict !== 'ok') return refuse(MESSAGE_REFUSED[unwrapped.verdict]);
    // The channel goes on after an error, too: the command was the host's.
    session = { phase: 'open', channel: unwrapped.channel };
    const answer = await proven(unwrapped.command, encryptsCommands(channel.level));
    return wrapResponse(symmetric, unwrapped.channel, answer);
  }

  /** A command that comes from the host for certain; `isSecret`: and that nobody else could read. */
  async function proven(command: CommandApdu, isSecret: boolean): Promise<ResponseApdu> {
    const { cla, ins, p1, p2, data } = command;
    // Another command between two blocks ends a personalisation (GPCS, 7.3.3).
    if (ins !== DOMAIN_INS.storeData) loading.end();
    if (ins === DOMAIN_INS.getData) return getData(command);
    if (!KNOWN.includes(ins)) return failed(SW.insNotSupported);
    if (cla !== CLA.globalPlatform) return failed(SW.claNotSupported);
    switch (ins) {
      case DOMAIN_INS.install:
        if (!isSecret) return failed(SW.securityStatusNotSatisfied);
        if (store.state.lifecycle === 'locked') return failed(SW.conditionsNotSatisfied);
        return p1 === FOR_PERSONALIZATION && p2 === 0 ? loading.begin(data) : failed(SW.incorrectP1P2);
      case DOMAIN_INS.storeData:
        return loading.store(command);
      case DOMAIN_INS.getStatus:
        return getStatus(store.state, applets, command);
      case DOMAIN_INS.setStatus:
        return setStatus(store, command);
      default:
        // A channel is opened outside of one.
        return failed(SW.conditionsNotSatisfied);
    }
  }

  function getData({ cla, p1, p2, data }: CommandApdu): ResponseApdu {
    if (cla !== CLA.interindustry && cla !== CLA.globalPlatform) return failed(SW.claNotSupported);
    if (data.length !== 0) return failed(SW.wrongData);
    return domainData(store.state, (p1 << 8) | p2);
  }

  return {
    aid: DOMAIN_AID,
    secureMessaging: true,
    isDefault: true,
    select() {
      close();
      return domainFci(store.state);
    },
    process: (command) => (isSecureClass(command.cla) ? secured(command) : plain(command)),
    deselect: close,
  };
}

type RefusedBy<Outcome extends { readonly verdict: string }> = Exclude<Outcome['verdict'], 'ok'>;

const INITIALIZE_REFUSED: Readonly<Record<RefusedBy<InitializeUpdateOutcome>, number>> = {
  'wrong-command': SW.claNotSupported,
  'wrong-length': SW.wrongLength,
  'no-such-key': SW.referencedDataNotFound,
};

/** GPCS, table 11-10, and Amendment D, table 7-8. */
const AUTHENTICATE_REFUSED: Readonly<Record<RefusedBy<AuthenticateOutcome>, number>> = {
  'wrong-command': SW.securityStatusNotSatisfied,
  'wrong-length': SW.wrongLength,
  'level-not-supported': SW.incorrectP1P2,
  'bad-mac': SW.incorrectSecureMessaging,
  'bad-cryptogram': SW.verificationFailed,
};

const MESSAGE_REFUSED: Readonly<Record<Scp03Refusal, number>> = {
  'not-secured': SW.securityStatusNotSatisfied,
  'bad-mac': SW.incorrectSecureMessaging,
  'bad-padding': SW.incorrectSecureMessaging,
};

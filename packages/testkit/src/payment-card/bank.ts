/**
 * A bank that fits on a page: it prepares one payment card, answers what terminals ask it about, and writes scripts.
 *
 * What must hold: it computes with the back-end's own code (@sokkin/issuer) and knows the card by what it shows only.
 */
import { ascii, type Bytes, type DataGrouping, encodeCsu, epochOfIso, fromHex } from '@sokkin/codec';
import {
  arpc,
  type CardOrder,
  type CardProfile,
  type CryptogramVerdict,
  type EmvIssuer,
  type GenuineCryptogram,
  issuerScript,
  makeEmvIssuer,
  type PreparationPorts,
  prepareCard,
  type ScriptAction,
  scriptCommands,
  verifyCryptogram,
} from '@sokkin/issuer';
import type { EmvPurchase, TerminalSetup } from '../emv-terminal/types.ts';

/** What the card's holder enters, in the purse as in the payment application. */
export const PAYMENT_PIN = '246810';
export const BANK_TODAY = epochOfIso('2026-11-22');

/** What the bank says to an authorisation request whose cryptogram is genuine; by default: yes. */
export interface BankWord {
  /** Tag 8A. Default `00`. */
  readonly responseCode?: string;
  /** Whether the card is told so under the bank's MAC. Default: as the response code says. */
  readonly approves?: boolean;
  /** One bit of that MAC is wrong. */
  readonly forged?: boolean;
  /** In one script. */
  readonly actions?: readonly ScriptAction[];
  /** Of the script: before (71) or after (72) the last cryptogram. Default 72. */
  readonly template?: 0x71 | 0x72;
}

export interface Bank {
  readonly profile: CardProfile;
  readonly issuer: EmvIssuer;
  readonly order: CardOrder;
  /** What the card is made of, with its secrets. */
  readonly groupings: readonly DataGrouping[];
  /** Whether a cryptogram is the card's, from the elements around it. */
  judge(message: ReadonlyMap<number, Bytes>): CryptogramVerdict;
  /** The way to the bank; `seen` are its verdicts on what was asked. */
  line(word?: BankWord): { readonly online: NonNullable<EmvPurchase['online']>; readonly seen: string[] };
  /** Script commands that go with a genuine cryptogram. */
  script(genuine: GenuineCryptogram, actions: readonly ScriptAction[]): Bytes[];
  /** A terminal that holds the key of the bank's authority. */
  terminal(setup?: Partial<TerminalSetup>): TerminalSetup;
}

export async function openBank(ports: PreparationPorts, profile: CardProfile): Promise<Bank> {
  const { symmetric, rsa } = ports;
  const { aid, cipher } = profile.control;
  const issuer = await makeEmvIssuer(ports, {
    rid: aid.slice(0, 5),
    caIndex: 1,
    identifier: '999912',
    expiry: '1240',
    cipher,
    keyIndex: 1,
    sizes: profile.rsa,
  });
  const order: CardOrder = {
    pan: '9999120000000000',
    sequence: '01',
    expiry: '3112',
    effective: BANK_TODAY,
    serial: fromHex('000001'),
    holderName: 'TARO SOKKIN',
    // A phone verifies its holder itself, and makes cryptograms with limited-use keys only
    ...(profile.control.limitedUseOnly ? { limitedUse: { number: 1, uses: 200 } } : { pin: PAYMENT_PIN }),
  };
  const { groupings } = await prepareCard(ports, issuer, profile, order);
  const judge: Bank['judge'] = (data) =>
    verifyCryptogram(symmetric, issuer, profile, { pan: order.pan, sequence: order.sequence, data });
  const script: Bank['script'] = (genuine, actions) => scriptCommands(symmetric, profile, genuine, actions);

  function authentication(genuine: GenuineCryptogram, word: BankWord): Bytes {
    const { responseCode = '00', approves = responseCode === '00', forged = false } = word;
    const proof = arpc(
      symmetric,
      genuine,
      profile.control.arpcMethod === 1
        ? { method: 1, responseCode: ascii(approves ? '00' : '05') }
        : { method: 2, cardStatusUpdate: statusUpdate(approves) },
    );
    return forged ? proof.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) : proof;
  }

  return {
    profile,
    issuer,
    order,
    groupings,
    judge,
    script,
    line(word = {}) {
      const seen: string[] = [];
      const { responseCode = '00', actions = [], template = 0x72 } = word;
      const online = async (message: ReadonlyMap<number, Bytes>) => {
        const found = judge(message);
        seen.push(found.verdict);
        if (found.verdict !== 'genuine') return { responseCode: ascii('05') };
        return {
          responseCode: ascii(responseCode),
          authentication: authentication(found, word),
          scripts: actions.length === 0 ? [] : [issuerScript(template, script(found, actions))],
        };
      };
      return { online, seen };
    },
    terminal: (setup = {}) => ({
      rsa,
      randomBytes: symmetric.randomBytes,
      caKeys: [issuer.ca],
      today: BANK_TODAY,
      interface: 'contactless',
      applications: [{ aid }],
      ...setup,
    }),
  };
}

const statusUpdate = (approves: boolean): Bytes =>
  encodeCsu({ flags: new Set(approves ? ['issuerApproves'] : []), counters: 'reset', pinTries: 0 });

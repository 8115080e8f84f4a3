/**
 * What the issuer sends back to a card: its own proof (ARPC, Book 2, 8.2) and orders (scripts, section 9; Book 3, 6.5).
 *
 * What must hold: an answer and a script are made for one cryptogram, and only for one that is genuine; in format 1 none of
 * the commands can be left out or exchanged.
 */
import { assert, type Bytes, type CommandApdu, command, concat, encodeCommand, tlv } from '@sokkin/codec';
import {
  arpcMethod1,
  arpcMethod2,
  encipherScriptData,
  encodeIssuerAuthentication,
  maskedPinBlock,
  pinBlock,
  type SymmetricPort,
  secureFormat1,
  secureFormat2,
} from '@sokkin/crypto';
import type { CryptogramProfile } from './cryptogram-profile.ts';
import type { ScriptAction } from './script-action.ts';
import type { AuthenticCryptogram } from './verify.ts';

/** What the issuer says: by method 1 the authorisation response code, by method 2 the card status update. */
export type IssuerWord =
  | { readonly method: 1; readonly responseCode: Bytes }
  | { readonly method: 2; readonly cardStatusUpdate: Bytes; readonly proprietary?: Bytes };

const NO_DATA: Bytes = new Uint8Array(0);

/** Issuer authentication data (tag 91) in answer to an ARQC. The word is of the profile's method; another is a bug. */
export function issuerAuthentication(
  port: SymmetricPort,
  { arpc }: Pick<CryptogramProfile, 'arpc'>,
  genuine: Pick<AuthenticCryptogram, 'cipher' | 'cryptogram' | 'sessionKey' | 'masterKey'>,
  word: IssuerWord,
): Bytes {
  assert(word.method === arpc.method, () => `a word of method ${word.method} for a card of ${arpc.method}`);
  const key = arpc.key === 'master' ? genuine.masterKey : genuine.sessionKey;
  const { cipher, cryptogram } = genuine;
  if (word.method === 1) {
    const proof = arpcMethod1(port, cipher, key, cryptogram, word.responseCode);
    return encodeIssuerAuthentication({ ...word, arpc: proof });
  }
  const { cardStatusUpdate, proprietary = NO_DATA } = word;
  const proof = arpcMethod2(port, cipher, key, cryptogram, cardStatusUpdate, proprietary);
  return encodeIssuerAuthentication({ method: 2, arpc: proof, cardStatusUpdate, proprietary });
}

interface PlainCommand {
  readonly ins: number;
  readonly p1p2: number;
  readonly data: Bytes;
  readonly enciphered: boolean;
}

function plainCommand(
  { pinBlock: form }: CryptogramProfile['scripts'],
  masterKey: Bytes,
  action: ScriptAction,
): PlainCommand {
  const bare = (ins: number): PlainCommand => ({ ins, p1p2: 0, data: NO_DATA, enciphered: false });
  switch (action.action) {
    case 'blockApplication':
      return bare(0x1e);
    case 'unblockApplication':
      return bare(0x18);
    case 'blockCard':
      return bare(0x16);
    case 'unblockPin':
      return { ...bare(0x24), enciphered: true };
    case 'changePin': {
      const { pin, present } = action;
      assert(present === undefined || form === 'masked', 'only a masked PIN block takes the present PIN');
      const data = form === 'masked' ? maskedPinBlock(masterKey, pin, present) : pinBlock(pin);
      return { ins: 0x24, p1p2: present === undefined ? 0x0002 : 0x0001, data, enciphered: true };
    }
    case 'putData':
      return { ins: 0xda, p1p2: action.tag, data: action.value, enciphered: false };
  }
}

/** Class bytes of secured proprietary commands: header in the MAC, and not (ISO/IEC 7816-4, 5.1.1). */
const SECURED_CLASS = { 1: 0x8c, 2: 0x84 } as const;

/** The commands in their order, each a whole command APDU. */
export function issuerCommands(
  port: SymmetricPort,
  { scripts }: Pick<CryptogramProfile, 'scripts'>,
  genuine: Pick<AuthenticCryptogram, 'cryptogram' | 'atc' | 'masterKey' | 'scriptKeys'>,
  actions: readonly ScriptAction[],
): Bytes[] {
  const { scriptKeys: keys } = genuine;
  const { macLength } = scripts;
  const transactionData = scripts.coversTransaction ? concat(genuine.atc, genuine.cryptogram) : NO_DATA;
  let chaining = genuine.cryptogram;
  const secure = (plain: CommandApdu, enciphered: boolean): CommandApdu => {
    if (scripts.format === 1) {
      const secured = secureFormat1(port, keys, { macLength, chaining, enciphered }, plain);
      chaining = secured.chaining;
      return secured.command;
    }
    const { data } = plain;
    const body =
      enciphered && data.length > 0
        ? encipherScriptData(port, keys.cipher, keys.encipher, data, scripts.padding)
        : data;
    return secureFormat2(port, keys, { macLength, transactionData }, { ...plain, data: body });
  };
  return actions.map((action) => {
    const { ins, p1p2, data, enciphered } = plainCommand(scripts, genuine.masterKey, action);
    const plain = command(SECURED_CLASS[scripts.format], ins, p1p2 >> 8, p1p2 & 0xff, data);
    return encodeCommand(secure(plain, enciphered));
  });
}

/** Issuer script template (Book 3, 10.10): 71 is worked off before the second GENERATE AC, 72 after it. */
export function issuerScript(template: 0x71 | 0x72, commands: readonly Bytes[], identifier?: Bytes): Bytes {
  return tlv(
    template,
    ...(identifier === undefined ? [] : [tlv(0x9f18, identifier)]),
    ...commands.map((c) => tlv(0x86, c)),
  );
}

/**
 * Status words (ISO/IEC 7816-4:2020 section 5.6) that a card application answers.
 *
 * What must hold: every word has one name and one plain description. `moreData`, `counter` and
 * `wrongLe` are bases: their low byte (counter: low half byte) carries a number.
 */

export const SW = {
  /** Done. */
  ok: 0x9000,
  /** Base 61xx: xx more bytes (00: 256 or more) can be fetched with GET RESPONSE. */
  moreData: 0x6100,
  /** The selected application or file is deactivated (EMV: blocked); its answer is still there. */
  fileDeactivated: 0x6283,
  /** The other side could not prove who it is. */
  verificationFailed: 0x6300,
  /** Base 63Cx: verification failed, x tries left. */
  counter: 0x63c0,
  /** Could not be done; memory is unchanged. */
  executionError: 0x6400,
  /** Writing to memory failed; memory may have changed. */
  memoryFailure: 0x6581,
  /** Lc or Le is wrong, no more is said. */
  wrongLength: 0x6700,
  logicalChannelNotSupported: 0x6881,
  secureMessagingNotSupported: 0x6882,
  /** Another command came where the last of a chain was due. */
  lastCommandExpected: 0x6883,
  chainingNotSupported: 0x6884,
  /** The command needs a verification (PIN, authentication) that has not taken place. */
  securityStatusNotSatisfied: 0x6982,
  /** No tries are left. */
  authenticationMethodBlocked: 0x6983,
  referenceDataNotUsable: 0x6984,
  /** Not in this state of the application. */
  conditionsNotSatisfied: 0x6985,
  /** Command not allowed: no file or application is selected. */
  commandNotAllowed: 0x6986,
  /** A MAC or the padding under secure messaging is wrong. */
  incorrectSecureMessaging: 0x6988,
  /** The data field is malformed or was refused. */
  wrongData: 0x6a80,
  functionNotSupported: 0x6a81,
  /** No such file or application. */
  fileNotFound: 0x6a82,
  recordNotFound: 0x6a83,
  notEnoughMemory: 0x6a84,
  incorrectP1P2: 0x6a86,
  lcInconsistentWithP1P2: 0x6a87,
  /** The key, ticket or other thing the command refers to is not there. */
  referencedDataNotFound: 0x6a88,
  /** P1-P2 point outside (an offset beyond the end). */
  wrongP1P2: 0x6b00,
  /** Base 6Cxx: send again with Le = xx. */
  wrongLe: 0x6c00,
  insNotSupported: 0x6d00,
  claNotSupported: 0x6e00,
  /** No precise diagnosis. */
  unknownError: 0x6f00,
} as const;

const WORDS: ReadonlyMap<number, string> = new Map([
  [SW.ok, 'done'],
  [SW.fileDeactivated, 'the application is deactivated'],
  [SW.verificationFailed, 'the other side could not be authenticated'],
  [SW.executionError, 'could not be done, nothing was changed'],
  [SW.memoryFailure, 'the card could not write to its memory'],
  [SW.wrongLength, 'wrong length'],
  [SW.logicalChannelNotSupported, 'logical channels are not supported'],
  [SW.secureMessagingNotSupported, 'secure messaging is not supported'],
  [SW.lastCommandExpected, 'the last command of the chain was expected'],
  [SW.chainingNotSupported, 'command chaining is not supported'],
  [SW.securityStatusNotSatisfied, 'PIN or authentication is needed first'],
  [SW.authenticationMethodBlocked, 'blocked, no tries left'],
  [SW.referenceDataNotUsable, 'the key or PIN cannot be used'],
  [SW.conditionsNotSatisfied, 'not possible in the present state'],
  [SW.commandNotAllowed, 'not allowed, no application is selected'],
  [SW.incorrectSecureMessaging, 'the secure message is wrong'],
  [SW.wrongData, 'the data sent is malformed or was refused'],
  [SW.functionNotSupported, 'this function is not supported'],
  [SW.fileNotFound, 'no such application or file'],
  [SW.recordNotFound, 'no such record'],
  [SW.notEnoughMemory, 'not enough memory'],
  [SW.incorrectP1P2, 'wrong parameters P1-P2'],
  [SW.lcInconsistentWithP1P2, 'the length of the data does not fit P1-P2'],
  [SW.referencedDataNotFound, 'the data referred to was not found'],
  [SW.wrongP1P2, 'parameters P1-P2 are out of range'],
  [SW.insNotSupported, 'unknown instruction'],
  [SW.claNotSupported, 'unknown class'],
  [SW.unknownError, 'error without a precise diagnosis'],
]);

/** A status word in plain words with its number: 'no such record (6A83)'. Any number is accepted. */
export function describeSw(sw: number): string {
  return `${wordsOf(sw)} (${sw.toString(16).toUpperCase().padStart(4, '0')})`;
}

function wordsOf(sw: number): string {
  const low = sw & 0xff;
  if ((sw & ~0xff) === SW.moreData)
    return low === 0 ? '256 or more bytes to fetch' : `${low} more bytes to fetch`;
  if ((sw & ~0x0f) === SW.counter) return `verification failed, ${sw & 0x0f} tries left`;
  if ((sw & ~0xff) === SW.wrongLe) return `wrong expected length, send again with ${low || 256}`;
  return WORDS.get(sw) ?? 'unknown status word';
}

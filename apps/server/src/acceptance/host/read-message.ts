/**
 * From octets to what the host does about them.
 *
 * What must hold: whatever the octets, one of three things comes of them and nothing is thrown: a message; an answer that says that it
 * cannot be read, which the peer can find its question by; or a sentence why the connection is of no more use.
 */
import {
  type BrokenIso,
  type Bytes,
  type IsoError,
  type IsoMessage,
  type IsoProfile,
  responseMti,
  tryDecodeIso,
} from '@sokkin/codec';

export type ReadMessage =
  | { readonly kind: 'message'; readonly message: IsoMessage }
  /** As much of it as could be read: all that an answer repeats to be found by. */
  | { readonly kind: 'unreadable'; readonly message: IsoMessage; readonly failure: IsoError }
  | { readonly kind: 'hopeless'; readonly failure: IsoError };

export function readMessage(profile: IsoProfile, octets: Bytes): ReadMessage {
  const read = tryDecodeIso(profile, octets);
  if (!isBroken(read)) return { kind: 'message', message: read };
  const { failure, message, announced } = read;
  if (message === undefined || responseMti(message.mti) === undefined) return { kind: 'hopeless', failure };
  const isFindable = profile.match.every((n) => !announced.includes(n) || message.fields.has(n));
  return isFindable ? { kind: 'unreadable', message, failure } : { kind: 'hopeless', failure };
}

const isBroken = (read: IsoMessage | BrokenIso): read is BrokenIso => 'failure' in read;

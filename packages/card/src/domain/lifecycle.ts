/**
 * Lifecycle of the whole card (GPCS 2.3, 5.1.1 and 11.10): initialised, secured, locked and back.
 *
 * What must hold: it changes by a command of the issuer only. Of a locked card nothing is selectable but the domain, so
 * no value moves; nothing in the applications changes, and unlocked they are as they were.
 */
import {
  type CardLifecycle,
  type CommandApdu,
  cardLifecycleOf,
  DOMAIN_AID,
  equal,
  type ResponseApdu,
  STATUS_OF,
  SW,
} from '@sokkin/codec';
import { failed, ok } from '../applet.ts';
import type { DomainStore } from './state.ts';

const NEXT: Readonly<Record<CardLifecycle, readonly CardLifecycle[]>> = {
  initialized: ['secured'],
  secured: ['locked'],
  locked: ['secured'],
};

/** SET STATUS of the card. The same again is done already, and writes nothing. */
export async function setStatus(store: DomainStore, { p1, p2, data }: CommandApdu): Promise<ResponseApdu> {
  const wanted = cardLifecycleOf(p2);
  if (p1 !== STATUS_OF.domain || wanted === undefined) return failed(SW.incorrectP1P2);
  // The domain is meant, whether it is named or not.
  if (data.length > 0 && !equal(data, DOMAIN_AID)) return failed(SW.wrongData);
  const { state } = store;
  if (wanted === state.lifecycle) return ok();
  if (!NEXT[state.lifecycle].includes(wanted)) return failed(SW.conditionsNotSatisfied);
  await store.commit({ ...state, lifecycle: wanted });
  return ok();
}

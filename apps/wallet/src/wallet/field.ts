/**
 * Where this wallet meets others: the windows of its own browser, or, with a code, those of several browsers over the sandbox's relay.
 *
 * What must hold: the address says it, and it is remembered for this wallet alone, so that the phones of the desk stay together.
 */
import { isFieldCode } from '@sokkin/terminal';
import { keep, kept } from '@sokkin/ui';
import { placed, type RelayField, relayField, type Wire } from '@sokkin/web';
import { home } from './backend.ts';

export interface Meeting {
  readonly wire: Wire;
  /** undefined: the windows of this browser. */
  readonly code: string | undefined;
  readonly relay: RelayField | undefined;
}

const keyOf = (wallet: string): string => `sokkin.field.${wallet}`;

/** `?field=CODE`; `?field=` for this browser alone. */
export function meetingOf(query: string, wallet: string): Meeting {
  const wanted = new URLSearchParams(query).get('field');
  if (wanted !== null) keep(keyOf(wallet), isFieldCode(wanted) ? wanted : undefined);
  const code = wanted ?? kept(keyOf(wallet));
  if (code === undefined || !isFieldCode(code))
    return { wire: placed(new BroadcastChannel('sokkin-field'), wallet), code: undefined, relay: undefined };
  const relay = relayField(home(), code);
  return { wire: relay, code, relay };
}

/** Opens this page anew, where the others are. Empty: in this browser. */
export function meetAt(code: string): void {
  const address = new URL(location.href);
  address.searchParams.set('field', code);
  location.assign(address);
}

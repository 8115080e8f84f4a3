/**
 * A card in the hands of a conformance suite: laid on a reader again and again, one tap after the other.
 *
 * What must hold: nothing here imports a card; the tap before is closed before the next begins.
 */
import type { Summary } from '@sokkin/purse';
import { type ApduTransport, select, summary } from '@sokkin/terminal';

export interface CardUnderTest {
  /** Power off, power on, and on a reader. The tap before is over (and its transport closed). */
  tap(): Promise<ApduTransport>;
  /** The same, and power goes while the card works off that exchange, counted from 0. Left out: the rig cannot. */
  tapTorn?(exchange: number): Promise<ApduTransport>;
  dispose(): Promise<void> | void;
}

export interface Tapping {
  tap(): Promise<ApduTransport>;
  /** Undefined: the rig cannot. */
  readonly tapTorn: ((exchange: number) => Promise<ApduTransport>) | undefined;
  /** Of the last tap. */
  readonly current: ApduTransport | undefined;
  /** A tap with the purse selected. */
  purse(): Promise<ApduTransport>;
  /** How the purse stands, in a tap of its own. */
  stands(): Promise<Summary>;
  /** Takes the card away for good. */
  end(): Promise<void>;
}

export function tapping(rig: CardUnderTest): Tapping {
  let current: ApduTransport | undefined;
  async function onReader(tap: () => Promise<ApduTransport>): Promise<ApduTransport> {
    await current?.close?.();
    current = undefined;
    current = await tap();
    return current;
  }
  const { tapTorn } = rig;
  const tap = () => onReader(() => rig.tap());
  async function purse(): Promise<ApduTransport> {
    const transport = await tap();
    must(await select(transport));
    return transport;
  }
  return {
    tap,
    tapTorn: tapTorn && ((exchange) => onReader(() => tapTorn.call(rig, exchange))),
    get current() {
      return current;
    },
    purse,
    stands: async () => must(await summary(await purse())),
    async end() {
      await current?.close?.();
      await rig.dispose();
    },
  };
}

/** The value of an outcome that has one, whether a purse or a security domain gave it. */
export function must<T>(
  outcome: { readonly status: 'ok'; readonly value: T } | { readonly status: string },
): T {
  if (outcome.status === 'ok' && 'value' in outcome) return outcome.value;
  throw new Error(`Expected ok, got ${JSON.stringify(outcome)}`);
}

/**
 * The reader of this shop: the virtual field, or one of this machine's readers through `sokkin bridge`.
 *
 * What must hold: a change of reader takes effect at the next wait; a bridge that went is opened again with its key when a card is waited for,
 * and when it is not there the wait ends with `reader_failed`, as with any reader.
 */

import { SokkinError } from '@sokkin/codec';
import {
  type BridgeReaderInfo,
  type CardInField,
  type CardReader,
  type StopSignal,
  TransportError,
} from '@sokkin/terminal';
import { type Bridge, fieldReader, openBridge, type Wire } from '@sokkin/web';
import { getAbout, putAbout, type ShopDatabase } from '../keep/database.ts';
import type { KeptPair } from '../keep/rows.ts';
import type { ReaderShown } from './view.ts';

type Chosen = { readonly kind: 'field' } | { readonly kind: 'bridge'; readonly pair: KeptPair };

export class ShopReader implements CardReader {
  readonly #database: ShopDatabase;
  readonly #field: CardReader;
  readonly #tell: (shown: ReaderShown) => void;
  #chosen: Chosen;
  #bridge: Bridge | undefined;

  private constructor(
    database: ShopDatabase,
    wire: Wire,
    chosen: Chosen,
    tell: (shown: ReaderShown) => void,
  ) {
    this.#database = database;
    this.#field = fieldReader(wire);
    this.#chosen = chosen;
    this.#tell = tell;
    this.#show(true);
  }

  static async open(
    database: ShopDatabase,
    wire: Wire,
    tell: (shown: ReaderShown) => void,
  ): Promise<ShopReader> {
    const chosen = (await getAbout(database, 'reader')) ?? { kind: 'field' };
    return new ShopReader(database, wire, chosen, tell);
  }

  async next(signal?: StopSignal): Promise<CardInField> {
    if (this.#chosen.kind === 'field') return this.#field.next(signal);
    const { reader } = this.#chosen.pair;
    if (reader === undefined)
      throw new TransportError(
        'reader_failed',
        'No reader of the bridge was chosen: choose one in the settings.',
      );
    return (await this.#bridgeNow(this.#chosen.pair)).reader(reader).next(signal);
  }

  async useField(): Promise<void> {
    this.#bridge?.close();
    this.#bridge = undefined;
    await this.#choose({ kind: 'field' });
  }

  /** `code`: as the bridge shows it. */
  async pair(code: string): Promise<readonly BridgeReaderInfo[]> {
    const bridge = await openBridge({ pair: { code } });
    this.#bridge?.close();
    this.#take(bridge);
    const readers = await bridge.readers();
    await this.#choose({ kind: 'bridge', pair: { key: bridge.key, reader: readers[0]?.name } });
    return readers;
  }

  async useBridge(reader: string): Promise<void> {
    if (this.#chosen.kind !== 'bridge')
      throw new SokkinError('not_paired', 'There is no bridge yet: type the code that it shows.');
    const { key } = this.#chosen.pair;
    await this.#choose({ kind: 'bridge', pair: { key, reader } });
  }

  async #bridgeNow({ key }: KeptPair): Promise<Bridge> {
    if (this.#bridge !== undefined) return this.#bridge;
    try {
      const bridge = await openBridge({ pair: { key } });
      this.#take(bridge);
      this.#show(true);
      return bridge;
    } catch (cause) {
      this.#show(false);
      if (cause instanceof TransportError) throw cause;
      throw new TransportError('reader_failed', 'The bridge was started anew: pair with it again.', {
        cause,
      });
    }
  }

  #take(bridge: Bridge): void {
    this.#bridge = bridge;
    void bridge.over.then(() => {
      if (this.#bridge !== bridge) return;
      this.#bridge = undefined;
      this.#show(false);
    });
  }

  async #choose(chosen: Chosen): Promise<void> {
    this.#chosen = chosen;
    await putAbout(this.#database, 'reader', chosen);
    this.#show(true);
  }

  #show(isThere: boolean): void {
    const { kind } = this.#chosen;
    const name = this.#chosen.kind === 'bridge' ? this.#chosen.pair.reader : undefined;
    this.#tell({ kind, name, state: isThere ? 'ready' : 'missing' });
  }
}

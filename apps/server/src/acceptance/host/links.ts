/**
 * The links that connections may come by now, with their dialects read and their keys open.
 *
 * What must hold: a link is here exactly while it is active and its institution is; connections of one link share its key, so that a
 * change of it holds for all of them; a link that cannot be opened (its key is away) takes nobody, and the others go on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { assert, hex, type IsoProfile, parseIsoProfile } from '@sokkin/codec';
import type { AcquirerLink } from '@sokkin/issuer';
import { IsoLine, type IsoMacKey } from '@sokkin/node';
import type { Backend } from '../../backend.ts';
import { openLinkKey } from '../../keys/link-keys.ts';
import type { HostLog } from './log.ts';

export interface HostLink {
  /** Changes with its key. */
  row: AcquirerLink;
  readonly profile: IsoProfile;
  readonly line: IsoLine;
}

/** Looks that wrong codes of messages ask for are not made more often. */
const LEAST_MS = 200;

export class LinkBook {
  readonly #b: Backend;
  readonly #symmetric: ConstructorParameters<typeof IsoLine>[1];
  readonly #log: HostLog;
  readonly #links = new Map<string, HostLink>();
  /** Dialects of links that are closed, for what is still owed to them. */
  readonly #profiles = new Map<string, IsoProfile>();
  #loading: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;

  constructor(b: Backend, symmetric: ConstructorParameters<typeof IsoLine>[1], log: HostLog) {
    this.#b = b;
    this.#symmetric = symmetric;
    this.#log = log;
  }

  get all(): readonly HostLink[] {
    return [...this.#links.values()];
  }

  has(link: HostLink): boolean {
    return this.#links.get(link.row.id) === link;
  }

  ofPort(port: number): HostLink | undefined {
    return this.all.find(({ row: { door } }) => door.by === 'port' && door.port === port);
  }

  /** `sha256`: of the certificate that the peer showed; undefined: it showed none. */
  ofCertificate(sha256: string | undefined): HostLink | undefined {
    return this.all.find(({ row: { door } }) =>
      sha256 === undefined ? door.by === 'main' : door.by === 'certificate' && hex(door.sha256) === sha256,
    );
  }

  /** Of a row that was read just now, and is active: over HTTPS nobody waits for the next look. */
  async of(row: AcquirerLink): Promise<HostLink> {
    if (!this.#links.has(row.id)) await this.#take(row);
    const link = this.#links.get(row.id);
    assert(link !== undefined, 'what was taken up is here');
    return link;
  }

  /** The dialect of a link, closed or not. */
  async profileOf(id: string): Promise<IsoProfile> {
    const known = this.#links.get(id)?.profile ?? this.#profiles.get(id);
    if (known !== undefined) return known;
    const row = await this.#b.store.read((tx) => tx.acquirerLinks.byId(id));
    assert(row !== undefined, 'links are closed, and never deleted');
    const profile = parseIsoProfile(row.profile);
    this.#profiles.set(id, profile);
    return profile;
  }

  /** Takes up what has changed until now: a look that began before is waited for, and followed by another. */
  async reload(): Promise<void> {
    const before = this.#loading;
    await before?.catch(() => undefined);
    if (this.#loading === undefined || this.#loading === before)
      this.#loading = this.#reload().finally(() => {
        this.#loadedAt = performance.now();
      });
    await this.#loading;
  }

  /** Another process may have changed a key a moment ago: looks again. A store that is away changes nothing. */
  lookAgain(): Promise<void> {
    this.#looking ??= this.#lookSoon().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Whoever sends wrong codes waits, and makes no more work than this. */
  async #lookSoon(): Promise<void> {
    const wait = this.#loadedAt + LEAST_MS - performance.now();
    if (wait > 0) await sleep(wait);
    await this.reload().catch((error: unknown) => this.#log.warn({ err: error }, 'links could not be read'));
  }

  async #reload(): Promise<void> {
    const rows = await this.#b.store.read((tx) => tx.acquirerLinks.open());
    const ids = new Set(rows.map((row) => row.id));
    for (const id of this.#links.keys()) if (!ids.has(id)) this.#links.delete(id);
    for (const row of rows) {
      try {
        await this.#take(row);
      } catch (error) {
        this.#links.delete(row.id);
        this.#log.error({ err: error, link: row.id }, 'this link cannot be opened: nobody gets in by it');
      }
    }
  }

  async #take(row: AcquirerLink): Promise<void> {
    const known = this.#links.get(row.id);
    if (known === undefined) {
      const profile = parseIsoProfile(row.profile);
      const line = new IsoLine(profile, this.#symmetric, await this.#keyOf(row));
      this.#links.set(row.id, { row, profile, line });
      return;
    }
    if (known.row.mac?.generation === row.mac?.generation) return;
    const key = await this.#keyOf(row);
    if (key !== undefined) this.keyChanged(known, row, key);
  }

  /** The same line with its next key: whoever holds the link sees it. */
  keyChanged(link: HostLink, row: AcquirerLink, key: IsoMacKey): void {
    link.line.changeKey(key);
    link.row = row;
  }

  async #keyOf({ id, mac }: AcquirerLink): Promise<IsoMacKey | undefined> {
    if (mac === undefined) return undefined;
    return { algorithm: mac.algorithm, key: await openLinkKey(this.#b.keys, id, mac.sealed) };
  }
}

/**
 * What every store of the token vault must hold, and one in memory that holds it, for tests only.
 *
 * What must hold: the suite uses the port alone; each of its tests makes its own rows, so a store may be shared.
 */
import { equal } from '@sokkin/codec';
import type { LinkRow, PanIndex, SealedPan, TokenRow, VaultStore } from '@sokkin/issuer';
import { NEW_TOKEN_LIFE, UNUSED } from '@sokkin/issuer';
import { describe, expect, it } from 'vitest';

/** For tests: nothing survives it, and nobody else sees it. */
export function memoryVaultStore(): VaultStore {
  const links = new Map<string, LinkRow>();
  const tokens = new Map<string, TokenRow>();
  const isSame = (a: PanIndex, b: PanIndex): boolean => a.key === b.key && equal(a.value, b.value);
  const findPan = (indexes: readonly PanIndex[]): LinkRow | undefined =>
    [...links.values()].find(({ pan }) => pan !== undefined && indexes.some((i) => isSame(i, pan.index)));
  return {
    async addLink(row) {
      const isTaken =
        links.has(row.id) ||
        [...links.values()].some(({ reference }) => reference === row.reference) ||
        (row.pan !== undefined && findPan([row.pan.index]) !== undefined);
      if (isTaken) return 'taken';
      links.set(row.id, row);
      return 'added';
    },
    link: async (id) => links.get(id),
    linkOfPan: async (indexes) => findPan(indexes),
    async saveLink(row) {
      if (links.get(row.id)?.version !== row.version - 1) return false;
      links.set(row.id, row);
      return true;
    },
    async staleLinks({ sealing, indexing }, most) {
      const isStale = ({ envelope, index }: SealedPan): boolean =>
        index.key !== indexing || keyNameOf(envelope) !== sealing;
      return [...links.values()].filter(({ pan }) => pan !== undefined && isStale(pan)).slice(0, most);
    },
    async addToken(row) {
      if (tokens.has(row.number) || [...tokens.values()].some(({ id }) => id === row.id)) return 'taken';
      tokens.set(row.number, row);
      return 'added';
    },
    token: async (number) => tokens.get(number),
    async saveToken(row) {
      if (tokens.get(row.number)?.version !== row.version - 1) return false;
      tokens.set(row.number, row);
      return true;
    },
    tokensOfLink: async (link) => [...tokens.values()].filter((row) => row.link === link),
  };
}

/** An envelope names its key: version, length, name. */
const keyNameOf = (envelope: Uint8Array): string =>
  String.fromCharCode(...envelope.subarray(2, 2 + (envelope[1] ?? 0)));

let made = 0;
const unique = (prefix: string): string => `${prefix}_${(made++).toString().padStart(8, '0')}`;

function sealed(mark: number, key = 'k1'): SealedPan {
  const name = Uint8Array.from(key, (c) => c.charCodeAt(0));
  const envelope = Uint8Array.from([1, name.length, ...name, ...new Uint8Array(38).fill(mark)]);
  return { envelope, index: { key, value: new Uint8Array(32).fill(mark) } };
}

const linkRow = (pan?: SealedPan): LinkRow => {
  const id = unique('lnk');
  const reference = id.padEnd(29, '0').toUpperCase();
  const card = pan && { lastFour: '1234', expiry: '3012' };
  return { id, account: 'acc_1', reference, pan, card, status: 'active', createdAt: new Date(1), version: 1 };
};

const tokenRow = (link: string): TokenRow => {
  const id = unique('tok');
  return {
    id,
    number: id.replace(/\D/g, '').padStart(16, '9'),
    link,
    requestor: '12345678901',
    life: NEW_TOKEN_LIFE,
    domain: {
      devices: new Set(['dev_1']),
      merchants: undefined,
      entries: new Set(['contactless']),
      currencies: undefined,
      mostAmount: 10n ** 15n,
      mostTotal: undefined,
      mostCount: 3,
      validFrom: 0,
      validUntil: 2 ** 45,
      needsCryptogram: true,
    },
    use: UNUSED,
    assurance: 7,
    createdAt: new Date(1),
    version: 1,
  };
};

export function vaultStoreConformance(name: string, make: () => Promise<VaultStore>): void {
  describe(`the store of a token vault: ${name}`, () => {
    it('gives back what was stored, and nothing for what was not', async () => {
      const store = await make();
      const link = linkRow(sealed(1));
      const token = tokenRow(link.id);
      expect([await store.addLink(link), await store.addToken(token)]).toEqual(['added', 'added']);
      expect(await store.link(link.id)).toEqual(link);
      expect(await store.token(token.number)).toEqual(token);
      expect(await store.tokensOfLink(link.id)).toEqual([token]);
      expect([await store.link('lnk_none'), await store.token('0000000000000000')]).toEqual([
        undefined,
        undefined,
      ]);
    });

    it('takes an id, a reference, an index and a number once', async () => {
      const store = await make();
      const link = linkRow(sealed(2));
      await store.addLink(link);
      const other = linkRow(sealed(3));
      expect(await store.addLink({ ...other, id: link.id })).toBe('taken');
      expect(await store.addLink({ ...other, reference: link.reference })).toBe('taken');
      expect(await store.addLink({ ...other, pan: link.pan })).toBe('taken');
      expect(await store.addLink(other)).toBe('added');
      const token = tokenRow(link.id);
      await store.addToken(token);
      expect(await store.addToken({ ...tokenRow(link.id), number: token.number })).toBe('taken');
      expect(await store.addToken({ ...tokenRow(link.id), id: token.id })).toBe('taken');
    });

    it('finds a PAN by any of the indexes that it may have', async () => {
      const store = await make();
      const link = linkRow(sealed(4, 'old'));
      await store.addLink(link);
      const [own, another] = [sealed(4, 'old').index, sealed(5, 'new').index];
      expect((await store.linkOfPan([another, own]))?.id).toBe(link.id);
      expect(await store.linkOfPan([{ ...own, key: 'new' }, another])).toBeUndefined();
      expect(await store.linkOfPan([])).toBeUndefined();
    });

    it('changes a row for whoever saw its latest version', async () => {
      const store = await make();
      const link = linkRow(sealed(6));
      const token = tokenRow(link.id);
      await store.addLink(link);
      await store.addToken(token);
      const next = { ...token, use: { total: 5n, count: 1 }, version: 2 };
      expect([await store.saveToken(next), await store.saveToken(next)]).toEqual([true, false]);
      expect(await store.token(token.number)).toEqual(next);
      const moved = { ...link, pan: sealed(6, 'k2'), version: 2 };
      expect([await store.saveLink(moved), await store.saveLink(moved)]).toEqual([true, false]);
      expect(await store.saveToken({ ...tokenRow(link.id), version: 2 })).toBe(false);
    });

    it('names links under old keys, as many as asked for', async () => {
      const store = await make();
      const rows = [linkRow(sealed(7, 'o')), linkRow(sealed(8, 'o')), linkRow(sealed(9, 'n')), linkRow()];
      for (const row of rows) await store.addLink(row);
      const ids = (found: readonly LinkRow[]) =>
        found.map(({ id }) => id).filter((id) => rows.some((r) => r.id === id));
      const all = ids(await store.staleLinks({ sealing: 'n', indexing: 'n' }, 1000));
      expect(all.sort()).toEqual(rows.slice(0, 2).map(({ id }) => id));
      expect((await store.staleLinks({ sealing: 'n', indexing: 'n' }, 1)).length).toBe(1);
    });
  });
}

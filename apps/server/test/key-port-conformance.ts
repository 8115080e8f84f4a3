/** What every KeyPort must hold (packages/issuer/src/key-ports.ts). Each implementation runs it, in a few lines. */
import { concat, fromHex, hex } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import type { KeyPort } from '@sokkin/issuer';
import { expect, test } from 'vitest';
import { crypto } from './kit.ts';

export interface KeyPortMaker {
  /** A port without keys. */
  open(): Promise<KeyPort>;
  /** What another process sees of the keys of the port that was opened last. */
  openAgain(): Promise<KeyPort>;
}

const NOW = new Date('2026-03-04T05:06:07Z');
const bytes = (text: string) => new TextEncoder().encode(text);

export function keyPortConformance(maker: KeyPortMaker): void {
  test('signatures verify under the public key, and every one is new', async () => {
    const keys = await maker.open();
    await keys.generate('root.1', 'signing', NOW);
    const publicKey = await keys.publicKey('root.1');
    expect([publicKey.length, publicKey[0]]).toEqual([65, 4]);
    const [a, b] = [await keys.sign('root.1', bytes('a')), await keys.sign('root.1', bytes('a'))];
    expect(a).toHaveLength(64);
    expect(a).not.toEqual(b);
    expect(await crypto.verify(publicKey, bytes('a'), a)).toBe(true);
    expect(await crypto.verify(publicKey, bytes('b'), a)).toBe(false);
    const many = await Promise.all(
      Array.from({ length: 50 }, (_, i) => keys.sign('root.1', Uint8Array.of(i))),
    );
    for (const [i, signature] of many.entries())
      expect(await crypto.verify(publicKey, Uint8Array.of(i), signature)).toBe(true);
    await keys.close();
  });

  test('sealed is opened with the same context alone, undamaged alone, and does not show what it is', async () => {
    const keys = await maker.open();
    await keys.generate('vault.1', 'sealing', NOW);
    for (const text of [bytes('secret'), new Uint8Array(20_000).fill(7)]) {
      const sealed = await keys.seal('vault.1', text, bytes('here'));
      expect(await keys.seal('vault.1', text, bytes('here'))).not.toEqual(sealed);
      expect(await keys.open(sealed, bytes('here'))).toEqual(text);
      await expect(keys.open(sealed, bytes('there'))).rejects.toMatchObject({ code: 'sealed_damaged' });
      await expect(keys.open(sealed.slice(0, -1), bytes('here'))).rejects.toMatchObject({
        code: 'sealed_damaged',
      });
      expect(Buffer.from(sealed).includes(Buffer.from(text.slice(0, 6)))).toBe(false);
      const bent = sealed.slice();
      bent[bent.length - 20] = (bent[bent.length - 20] ?? 0) ^ 1;
      await expect(keys.open(bent, bytes('here'))).rejects.toMatchObject({ code: 'sealed_damaged' });
    }
    await expect(keys.open(new Uint8Array(3), bytes('here'))).rejects.toMatchObject({
      code: 'sealed_damaged',
    });
    await keys.close();
  });

  test('a mac is of its key and its message', async () => {
    const keys = await maker.open();
    await keys.generate('pan.1', 'mac', NOW);
    await keys.generate('pan.2', 'mac', NOW);
    const one = await keys.mac('pan.1', bytes('4111'));
    expect(one).toHaveLength(32);
    expect(await keys.mac('pan.1', bytes('4111'))).toEqual(one);
    expect(await keys.mac('pan.1', bytes('4112'))).not.toEqual(one);
    expect(await keys.mac('pan.2', bytes('4111'))).not.toEqual(one);
    expect(one).not.toEqual(sha256(bytes('4111')));
    await keys.retire('pan.1');
    expect(await keys.mac('pan.1', bytes('4111'))).toEqual(one);
    await keys.close();
  });

  test('a master key of cards enciphers blocks, whether it was made here or elsewhere, and nothing else', async () => {
    const keys = await maker.open();
    // FIPS 197, appendix B; NIST SP 800-67 is the same block cipher three times: with both halves alike it is single DES (FIPS 81).
    await keys.admit('emv_ac/ins_a.1', 'aes', fromHex('2b7e151628aed2a6abf7158809cf4f3c'), NOW);
    await keys.admit('emv_ac/ins_a.2', 'tdes', fromHex('0123456789abcdef0123456789abcdef'), NOW);
    const block = fromHex('3243f6a8885a308d313198a2e0370734');
    expect(hex(await keys.encipher('emv_ac/ins_a.1', block))).toBe('3925841d02dc09fbdc118597196a0b32');
    const now = bytes('Now is t');
    expect(hex(await keys.encipher('emv_ac/ins_a.2', concat(now, now)))).toBe('3fa40e8a984d4815'.repeat(2));
    for (const [id, kind] of [
      ['emv_ac/ins_a.3', 'aes'],
      ['emv_ac/ins_a.4', 'tdes'],
    ] as const) {
      await keys.generate(id, kind, NOW);
      const once = await keys.encipher(id, new Uint8Array(16));
      expect(once).toHaveLength(16);
      expect(await keys.encipher(id, new Uint8Array(16))).toEqual(once);
      expect(once).not.toEqual(await keys.encipher(id, new Uint8Array(16).fill(1)));
      await expect(keys.seal(id, now, now)).rejects.toMatchObject({ code: 'key_wrong_kind' });
      await keys.retire(id);
      await expect(keys.encipher(id, new Uint8Array(16))).rejects.toMatchObject({ code: 'key_retired' });
    }
    await keys.generate('vault.1', 'sealing', NOW);
    await expect(keys.encipher('vault.1', block)).rejects.toMatchObject({ code: 'key_wrong_kind' });
    await expect(keys.admit('emv_ac/ins_a.1', 'tdes', block, NOW)).rejects.toMatchObject({
      code: 'key_exists',
    });
    expect((await keys.list()).map(({ id, kind, state }) => `${id} ${kind} ${state}`).sort()).toEqual([
      'emv_ac/ins_a.1 aes active',
      'emv_ac/ins_a.2 tdes active',
      'emv_ac/ins_a.3 aes retired',
      'emv_ac/ins_a.4 tdes retired',
      'vault.1 sealing active',
    ]);
    const again = await maker.openAgain();
    expect(hex(await again.encipher('emv_ac/ins_a.1', block))).toBe('3925841d02dc09fbdc118597196a0b32');
    await again.close();
    await keys.close();
  });

  test('keys have one kind, one id, and one life', async () => {
    const keys = await maker.open();
    expect(await keys.list()).toEqual([]);
    await keys.generate('root.1', 'signing', NOW);
    await keys.generate('vault.1', 'sealing', NOW);
    await expect(keys.generate('root.1', 'sealing', NOW)).rejects.toMatchObject({ code: 'key_exists' });
    await expect(keys.sign('root.2', bytes('x'))).rejects.toMatchObject({ code: 'key_unknown' });
    await expect(keys.publicKey('root.2')).rejects.toMatchObject({ code: 'key_unknown' });
    await expect(keys.retire('root.2')).rejects.toMatchObject({ code: 'key_unknown' });
    await expect(keys.sign('vault.1', bytes('x'))).rejects.toMatchObject({ code: 'key_wrong_kind' });
    await expect(keys.seal('root.1', bytes('x'), bytes(''))).rejects.toMatchObject({
      code: 'key_wrong_kind',
    });
    await expect(keys.mac('root.1', bytes('x'))).rejects.toMatchObject({ code: 'key_wrong_kind' });
    const sealed = await keys.seal('vault.1', bytes('x'), bytes(''));
    const listed = await keys.list();
    expect(listed.map((k) => [k.id, k.kind, k.state]).sort()).toEqual([
      ['root.1', 'signing', 'active'],
      ['vault.1', 'sealing', 'active'],
    ]);
    for (const { createdAt } of listed) expect(createdAt).toEqual(NOW);
    await expect(keys.destroy('vault.1')).rejects.toMatchObject({ code: 'key_active' });
    await keys.retire('root.1');
    await keys.retire('vault.1');
    await keys.retire('vault.1');
    await expect(keys.sign('root.1', bytes('x'))).rejects.toMatchObject({ code: 'key_retired' });
    await expect(keys.seal('vault.1', bytes('x'), bytes(''))).rejects.toMatchObject({ code: 'key_retired' });
    expect(await keys.publicKey('root.1')).toHaveLength(65);
    expect(await keys.open(sealed, bytes(''))).toEqual(bytes('x'));
    await keys.destroy('vault.1');
    await expect(keys.open(sealed, bytes(''))).rejects.toMatchObject({ code: 'key_unknown' });
    expect((await keys.list()).map((k) => [k.id, k.state])).toEqual([['root.1', 'retired']]);
    await keys.close();
  });

  test('another process sees what was made, also after it was opened', async () => {
    const one = await maker.open();
    await one.generate('root.1', 'signing', NOW);
    const two = await maker.openAgain();
    await one.generate('vault.1', 'sealing', NOW);
    const sealed = await two.seal('vault.1', bytes('x'), bytes(''));
    expect(await one.open(sealed, bytes(''))).toEqual(bytes('x'));
    await two.generate('vault.2', 'sealing', NOW);
    await one.generate('vault.3', 'sealing', NOW);
    expect((await two.list()).map((k) => k.id).sort()).toEqual(['root.1', 'vault.1', 'vault.2', 'vault.3']);
    expect(await two.publicKey('root.1')).toEqual(await one.publicKey('root.1'));
    await one.close();
    await two.close();
  });
}

/** The transports of the testkit keep the contract, and a replay notices every changed byte. */
import { cardMemorySize, createCard, inMemoryNvm } from '@sokkin/card';
import { command, encodeCommand } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { type ApduTransport, select } from '@sokkin/terminal';
import {
  type ApduPair,
  faultyLink,
  fieldCard,
  formatScript,
  inProcess,
  parseScript,
  recording,
  replaying,
  transportConformance,
} from '@sokkin/testkit';
import { describe, expect, it } from 'vitest';

const crypto = nodeCrypto();
const blank = async () => createCard({ nvm: inMemoryNvm(cardMemorySize()), crypto });
const closing = (transport: ApduTransport, inner: ApduTransport) => ({
  transport,
  remove: () => inner.close?.(),
  dispose: () => undefined,
});

transportConformance('in process, extended', async () => {
  const t = inProcess(await blank());
  return closing(t, t);
});
transportConformance('in process, short', async () => {
  const t = inProcess(await blank(), { extended: false });
  return closing(t, t);
});
transportConformance('recorded', async () => {
  const t = inProcess(await blank());
  return closing(recording(t, []), t);
});
transportConformance('a field card', async () => {
  const nvm = inMemoryNvm(cardMemorySize());
  await createCard({ nvm, crypto });
  const t = await fieldCard(nvm, crypto).tap();
  return closing(t, t);
});
transportConformance('a link without faults', async () => {
  const t = inProcess(await blank());
  return closing(faultyLink({ seed: 1, rate: 0 }).tap(t), t);
});

describe('record and replay', () => {
  it('plays back exactly what was recorded', async () => {
    const script: ApduPair[] = [];
    const live = await select(recording(inProcess(await blank()), script));
    const copy = parseScript(`# a comment\n${formatScript(script)}`);
    const replay = replaying(copy);
    expect(await select(replay)).toEqual(live);
    replay.finish();
    await expect(select(replay)).rejects.toThrow('after the recorded end');
    await expect(replaying(copy).transmit(encodeCommand(command(0, 1, 2, 3)))).rejects.toThrow(
      'was recorded',
    );
    expect(() => replaying(copy).finish()).toThrow('1 recorded');
  });

  it('records a lost card as lost', async () => {
    const script: ApduPair[] = [];
    const t = inProcess(await blank());
    await t.close?.();
    await expect(select(recording(t, script))).rejects.toMatchObject({ code: 'card_lost' });
    expect(formatScript(script)).toContain('< lost');
    await expect(select(replaying(parseScript(formatScript(script))))).rejects.toMatchObject({
      code: 'card_lost',
    });
  });
});

/**
 * A reader whose window is gone without a word: killed, or loaded anew in the middle. What was held to it is free again, and the next reader has it.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { holdCard, type Wire, waitForCard } from '../src/field.ts';

type Listener = (event: { readonly data: unknown }) => void;

/** Windows that hear each other, until one is killed. */
function space() {
  const windows = new Set<Set<Listener>>();
  return () => {
    const listeners = new Set<Listener>();
    windows.add(listeners);
    const wire: Wire = {
      postMessage(data) {
        if (!windows.has(listeners)) return;
        for (const others of windows)
          if (others !== listeners)
            queueMicrotask(() => {
              if (windows.has(others)) for (const listener of others) listener({ data });
            });
      },
      addEventListener: (_type, listener) => void listeners.add(listener),
      removeEventListener: (_type, listener) => void listeners.delete(listener),
    };
    return { wire, kill: () => void windows.delete(listeners) };
  };
}

const echo = async () => ({ transmit: async (command: Uint8Array<ArrayBuffer>) => command });
const command = Uint8Array.of(1, 2, 3);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a reader that dies with a card in its field: the card has left, and can be held to another', async () => {
  const open = space();
  const [first, second, holder] = [open(), open(), open()];
  const taken = waitForCard(first.wire);
  const held = holdCard(holder.wire, echo);
  expect(await (await taken).transmit(command)).toEqual(command);
  first.kill();
  let how: string | undefined;
  void held.over.then((ended) => {
    how = ended;
  });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(how).toBe('left');
  const again = waitForCard(second.wire);
  holdCard(holder.wire, echo);
  await vi.advanceTimersByTimeAsync(200);
  expect(await (await again).transmit(command)).toEqual(command);
});

test('a reader that dies between the offer of a card and its taking: the next reader has the card', async () => {
  const open = space();
  const [holder, second] = [open(), open()];
  const dying = open();
  // It says that it is on, and nothing after that.
  const held = holdCard(holder.wire, echo);
  dying.wire.postMessage({ sokkin: 'field', reader: 'dying' });
  await vi.advanceTimersByTimeAsync(0);
  dying.kill();
  const next = waitForCard(second.wire);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await (await next).transmit(command)).toEqual(command);
  held.remove();
});

test('a card that lies in a field for long, and is asked nothing, stays there', async () => {
  const open = space();
  const [reader, holder] = [open(), open()];
  const taken = waitForCard(reader.wire);
  const held = holdCard(holder.wire, echo);
  const card = await taken;
  let isOver = false;
  void held.over.then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(isOver).toBe(false);
  expect(await card.transmit(command)).toEqual(command);
  await card.close();
  expect(await held.over).toBe('let_go');
});

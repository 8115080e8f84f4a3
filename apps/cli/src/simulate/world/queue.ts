/**
 * What will happen, soonest first: a binary heap.
 *
 * What must hold: events come out by time, and those of one time in the order in which they went in, so that a run
 * depends on nothing but its seed.
 */
import { assert } from '@sokkin/codec';

export interface Event<K> {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly kind: K;
  readonly who: number;
  /** Whatever the kind needs to know. */
  readonly tag: number;
}

interface Held<K> extends Event<K> {
  readonly order: number;
}

export class Queue<K> {
  readonly #heap: Held<K>[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(at: number, kind: K, who: number, tag = 0): void {
    assert(Number.isFinite(at), 'an event has a time');
    const held = { at, kind, who, tag, order: this.#order++ };
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, held)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = held;
  }

  next(): Event<K> | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(held: Held<K>): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      if (left === undefined) break;
      const right = heap[2 * place + 2];
      const isLeft = right === undefined || isBefore(left, right);
      const child = isLeft ? left : right;
      if (isBefore(held, child)) break;
      heap[place] = child;
      place = 2 * place + (isLeft ? 1 : 2);
    }
    heap[place] = held;
  }
}

const isBefore = <K>(a: Held<K>, b: Held<K>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

import { describe, expect, it } from 'vitest';
import { assert, SokkinError } from '../src/index.ts';

describe('SokkinError', () => {
  it('carries its code, its sentence and what caused it', () => {
    const cause = new Error('socket closed');
    const error = new SokkinError('offline', 'The back-end cannot be reached', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('SokkinError');
    expect(error.code).toBe('offline');
    expect(error.message).toBe('The back-end cannot be reached');
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe('SokkinError: The back-end cannot be reached');
  });
});

describe('assert', () => {
  it('lets the truth pass and narrows its type', () => {
    const maybe: string | undefined = ['x'][0];
    assert(maybe, 'there is one');
    expect(maybe.length).toBe(1);
  });

  it('stops with a plain Error, which no handler of input errors catches', () => {
    const bug = () => assert(1 > 2, 'balance below zero');
    expect(bug).toThrow(new Error('Bug: balance below zero'));
    expect(bug).not.toThrow(SokkinError);
  });
});

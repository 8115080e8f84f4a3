/** Outcomes and DE 39: both ways, both versions, nothing left out and nothing turned round. */
import { ISO_RESPONSE_CODES } from '@sokkin/codec';
import {
  ACCEPTANCE_OUTCOME_NAMES,
  ACCEPTANCE_OUTCOMES,
  outcomeOfLedger,
  outcomeOfResponse,
  responseCodeOf,
} from '@sokkin/issuer';
import { describe, expect, test } from 'vitest';

describe.each(['1987', '1993'] as const)('ISO 8583:%s', (version) => {
  const codes = [...ISO_RESPONSE_CODES[version].values()];

  test('every code is understood', () => {
    expect(codes.filter(({ code }) => outcomeOfResponse(version, code) === undefined)).toEqual([]);
  });

  test('approval is approval both ways, and nothing else is', () => {
    const moves = (outcome: string | undefined): boolean => outcome === 'approved';
    const wrong = codes.filter(({ code, outcome }) => {
      const ours = outcomeOfResponse(version, code);
      return moves(outcome) !== moves(ours && ACCEPTANCE_OUTCOMES[ours].kind);
    });
    expect(wrong).toEqual([]);
    const sent = ACCEPTANCE_OUTCOME_NAMES.filter((name) => {
      const kind = ISO_RESPONSE_CODES[version].get(responseCodeOf(version, name))?.outcome;
      return moves(ACCEPTANCE_OUTCOMES[name].kind) && !moves(kind);
    });
    expect(sent).toEqual([]);
  });

  test('a code that we send is understood as an outcome that has it', () => {
    const wrong = ACCEPTANCE_OUTCOME_NAMES.filter((name) => {
      const code = responseCodeOf(version, name);
      const back = outcomeOfResponse(version, code);
      return back === undefined || responseCodeOf(version, back) !== code;
    });
    expect(wrong).toEqual([]);
  });

  test('a refusal is never sent as a code that lets money move', () => {
    const wrong = ACCEPTANCE_OUTCOME_NAMES.filter((name) => {
      const { kind } = ACCEPTANCE_OUTCOMES[name];
      const sent = ISO_RESPONSE_CODES[version].get(responseCodeOf(version, name))?.outcome;
      return (kind === 'declined' || kind === 'pick-up' || kind === 'failed') && sent === 'approved';
    });
    expect(wrong).toEqual([]);
  });
});

test('codes of a dialect are not guessed', () => {
  expect([outcomeOfResponse('1987', 'N0'), outcomeOfResponse('1993', '990')]).toEqual([undefined, undefined]);
});

test('what the ledger refuses has its code', () => {
  expect(responseCodeOf('1987', outcomeOfLedger('insufficient_funds'))).toBe('51');
  expect(responseCodeOf('1993', outcomeOfLedger('insufficient_funds'))).toBe('116');
  expect(responseCodeOf('1993', outcomeOfLedger('key_reused'))).toBe('913');
});

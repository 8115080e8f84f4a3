/**
 * What is held against purses, and since when.
 *
 * What must hold: `proven` is said only of what the purse itself signed (I7); everything else is a suspicion, and may be
 * explained. The first moment of each is kept.
 */
export type FindingKind =
  /** It signed two messages with one number. */
  | 'fork'
  /** Its own proven journal does what no honest purse does. */
  | 'invalid_journal'
  /** It signed an older state over a newer nonce. */
  | 'rollback'
  /** A journal of another purse and its own contradict each other. */
  | 'contradicted'
  /** It paid more than anybody is known to have paid it. */
  | 'shadow_negative';

export interface Standing {
  readonly kinds: Set<FindingKind>;
  /** Seconds; the kind that was found first. */
  suspectedAt: number | undefined;
  firstKind: FindingKind | undefined;
  provenAt: number | undefined;
  provenKind: FindingKind | undefined;
  blockedAt: number | undefined;
  /** Since when its shadow is below zero, if it is. */
  shadowSince: number | undefined;
  /** Seconds for which it was suspected for its shadow alone, and no longer is. */
  explainedSeconds: number;
}

export class Findings {
  readonly #standings = new Map<string, Standing>();
  readonly #blocked: string[] = [];

  of(purse: string): Standing | undefined {
    return this.#standings.get(purse);
  }

  all(): ReadonlyMap<string, Standing> {
    return this.#standings;
  }

  /** Newest last. */
  get blocked(): readonly string[] {
    return this.#blocked;
  }

  isBlocked(purse: string): boolean {
    return this.of(purse)?.blockedAt !== undefined;
  }

  /** What was suspected before an attack began is not of that attack. */
  forget(purse: string): void {
    if (this.of(purse)?.provenAt === undefined) this.#standings.delete(purse);
  }

  suspect(purse: string, kind: FindingKind, at: number): void {
    const standing = this.#standing(purse);
    standing.kinds.add(kind);
    if (standing.suspectedAt === undefined) {
      standing.suspectedAt = at;
      standing.firstKind = kind;
    }
  }

  prove(purse: string, kind: FindingKind, at: number): void {
    this.suspect(purse, kind, at);
    const standing = this.#standing(purse);
    standing.provenAt ??= at;
    standing.provenKind ??= kind;
  }

  block(purse: string, at: number): void {
    const standing = this.#standing(purse);
    if (standing.blockedAt !== undefined) return;
    standing.blockedAt = at;
    this.#blocked.push(purse);
  }

  shadow(purse: string, isNegative: boolean, at: number): void {
    if (isNegative) {
      this.suspect(purse, 'shadow_negative', at);
      this.#standing(purse).shadowSince ??= at;
      return;
    }
    const standing = this.of(purse);
    if (standing?.shadowSince === undefined) return;
    standing.explainedSeconds += at - standing.shadowSince;
    standing.shadowSince = undefined;
  }

  #standing(purse: string): Standing {
    const known = this.#standings.get(purse);
    if (known !== undefined) return known;
    const standing: Standing = {
      kinds: new Set(),
      suspectedAt: undefined,
      firstKind: undefined,
      provenAt: undefined,
      provenKind: undefined,
      blockedAt: undefined,
      shadowSince: undefined,
      explainedSeconds: 0,
    };
    this.#standings.set(purse, standing);
    return standing;
  }
}

/** What a judgement of evidence is. What must hold: `proven` is said of nothing that somebody else could have made. */
export interface AlertJudgement {
  readonly verdict: /** The purse signed against itself. */
    | 'proven'
    /** Two purses signed what excludes each other. */
    | 'contradiction'
    /** What the purse signed is here; that it is wrong is the back-end's word. */
    | 'signed'
    /** Nothing here is signed by a purse. */
    | 'our_word'
    /** It is not what it says. */
    | 'not_proven';
  readonly says: string;
  /** The purses that it is about, of which `proven` accuses the one. */
  readonly purses: readonly string[];
}

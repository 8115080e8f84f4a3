/**
 * Tells the matcher of this process that something is due. What must hold: it is rung after the commit; nothing depends
 * on it but how soon things meet, because a matcher looks for what is due by itself, too.
 */
export interface MeetingBell {
  /** Resolves at once; where the server is to wait for its matcher (sandboxes), when all that was due has met. */
  ring(signers?: readonly string[]): Promise<void>;
  /** Whom to tell; undefined: nobody any more. */
  answeredBy(answer: ((signers: readonly string[]) => Promise<void>) | undefined): void;
}

export function meetingBell(): MeetingBell {
  let answer: ((signers: readonly string[]) => Promise<void>) | undefined;
  return {
    ring: async (signers = []) => answer?.(signers),
    answeredBy: (other) => {
      answer = other;
    },
  };
}

/**
 * Tells the matcher of this process that something is due. What must hold: it is rung after the commit; nothing depends
 * on it but how soon things meet, because a matcher looks for what is due by itself, too.
 */
type Answer = (purses: readonly string[], signers: readonly string[]) => Promise<void>;

export interface MeetingBell {
  /**
   * For these purses' journals, and for messages of these signers. Resolves at once; where the server is to wait for its
   * matcher (sandboxes), when they have met.
   */
  ring(purses: readonly string[], signers?: readonly string[]): Promise<void>;
  /** Whom to tell; undefined: nobody any more. */
  answeredBy(answer: Answer | undefined): void;
}

export function meetingBell(): MeetingBell {
  let answer: Answer | undefined;
  return {
    ring: async (purses, signers = []) => answer?.(purses, signers),
    answeredBy: (other) => {
      answer = other;
    },
  };
}

/**
 * Tokens that are payment cards in phones, as the back-end keeps them.
 *
 * What must hold of an implementation, beside what ports.ts says: a token is in one device for good; the number of a limited-use key is never given
 * twice for one token.
 */
export interface PhoneCardRows {
  /**
   * The number of the token's next key, for this device. `elsewhere`: another device has the token. `used_up`: there are no more numbers.
   */
  nextKey(token: string, device: string, at: Date): Promise<number | 'elsewhere' | 'used_up'>;
}

/** Tables of migrations/0027_phone_cards.sql. */
export interface PhoneCardTables {
  phone_cards: { token: string; device: string; last_key: number; given_at: Date };
}

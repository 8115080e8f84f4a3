/** The texts at the head of the OpenAPI document. */
export const DESCRIPTION = `
Back-end of the Sokkin offline CBDC payment system.

**How to get in.** Each call but the open ones needs an access token, which \`POST /v1/oauth/token\` gives to a client of an
institution (OAuth 2 client credentials). In the sandbox (\`SOKKIN_MODE\`), the first start writes two clients that may do
everything into \`credentials.json\` of the data folder. An institution sees and moves what is its own; what is another's is
answered as what does not exist. The assurance of a purse (secure element, TEE, software) is its issuer's word.

- Amounts are minor units in decimal digits, with \`"currency": "JPY"\`. Yen has no decimals.
- Octets (messages, certificates) are lower-case hexadecimal; messages are body and signature, without a tag.
- POSTs that move money or issue a certificate need an \`Idempotency-Key\` header. The same key and request give
  the same answer, with \`idempotent-replayed: true\`. Refusals are not kept.
- Lists are \`{data, has_more, next_cursor}\`; pass \`next_cursor\` as \`cursor\`.
- Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`, \`request_id\` and \`retryable\`. All
  codes with what to do about them are at [/problems](/problems).
`.trim();

/** The chapters of the document, in this order. */
export const TAGS = [
  { name: 'access', description: 'Tokens: how a program shows who it is.' },
  { name: 'accounts', description: 'Accounts of customers and merchants, and what moved on them.' },
  { name: 'money', description: 'CBDC into being, into purses, and out of them.' },
  { name: 'purses', description: 'Purses on cards and phones: certificates, journals, sync.' },
  { name: 'claims', description: 'Purses that are lost, stolen, broken or expired, and their refunds.' },
  {
    name: 'settlement',
    description: 'Offline approvals of cards, days of acquirers, and what merchants got.',
  },
  { name: 'cards', description: 'Cards: chips, personalisation, and what terminals need to know.' },
  { name: 'acceptance', description: 'Shops and their acquirers: how they connect, and what they are paid.' },
  {
    name: 'webhooks',
    description: 'What happened, and whom to tell of it: signed as Standard Webhooks 1.0.',
  },
  { name: 'sandbox', description: 'A clock that can be moved. Only in a sandbox.' },
  { name: 'oversight', description: 'Is all the money there, and does anybody cheat?' },
] as const;

/** What the OAuth endpoints refuse with: the codes of RFC 6749, 5.2, and RFC 9449, 5. */
export const OAUTH_STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  invalid_dpop_proof: 400,
} as const;
export type OauthErrorCode = keyof typeof OAUTH_STATUS;

export class OauthError extends Error {
  constructor(
    readonly code: OauthErrorCode,
    description: string,
  ) {
    super(description);
  }
}

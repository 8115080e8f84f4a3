/** The fingerprint sensor of a phone, as Chromium plays one. */
import type { BrowserContext, CDPSession, Page } from 'playwright-core';

/** For this page, also when it is loaded anew. */
export async function playAuthenticator(
  context: BrowserContext,
  page: Page,
  { hasPrf }: { readonly hasPrf: boolean },
): Promise<[device: CDPSession, authenticatorId: string]> {
  const device = await context.newCDPSession(page);
  await device.send('WebAuthn.enable');
  const { authenticatorId } = await device.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf,
    },
  });
  return [device, authenticatorId];
}

/** What a payment from phone to phone takes of the page itself, beside the two purses: the taps' own verifying and encoding. */
import { cardMemorySize, createCard, inMemoryNvm } from '@sokkin/card';
import { type ApduTransport, encodeCarried, payDirect } from '@sokkin/terminal';
import { inProcess } from '@sokkin/testkit/transports';
import { fund, makeWorld, personaliseCard, sync, TODAY } from '@sokkin/testkit/world';
import { shelfInMemory, webCrypto } from '@sokkin/web';

const crypto = webCrypto(shelfInMemory());

interface Watched {
  readonly transport: ApduTransport;
  /** Milliseconds inside it. */
  inside: number;
}

const sokkin = {
  /** Of each payment, milliseconds outside the purses; and how long a Payment with its certificates is. */
  async payments(rounds: number): Promise<{ readonly own: number[]; readonly length: number }> {
    const world = await makeWorld(crypto);
    const purse = async (no: number): Promise<Watched> => {
      const card = await createCard({ nvm: inMemoryNvm(cardMemorySize()), crypto });
      await personaliseCard(world, card, no);
      await sync(world, card, { order: 'activate' });
      await fund(world, card, 10_000n);
      const inner = inProcess(card, { extended: true });
      const watched: Watched = {
        inside: 0,
        transport: {
          extended: true,
          async transmit(command) {
            const from = performance.now();
            const answer = await inner.transmit(command);
            watched.inside += performance.now() - from;
            return answer;
          },
        },
      };
      return watched;
    };
    const [payer, payee] = [await purse(0x100), await purse(0x200)];
    const verifier = {
      crypto,
      trust: { root: world.root.certificate, knownIssuers: [world.issuer.certificate], epoch: TODAY },
    };
    const own: number[] = [];
    let length = 0;
    for (let n = 0; n < rounds; n++) {
      payer.inside = 0;
      payee.inside = 0;
      const reference = crypto.randomBytes(8);
      const from = performance.now();
      const paid = await payDirect(payer.transport, payee.transport, verifier, { amount: 1n, reference });
      const took = performance.now() - from;
      if (paid.status !== 'ok') throw new Error(`A payment of the bench ended in ${paid.status}`);
      own.push(took - payer.inside - payee.inside);
      length = encodeCarried('payment', paid.value.payment).length;
    }
    return { own, length };
  },
};
Object.assign(globalThis, { sokkin });

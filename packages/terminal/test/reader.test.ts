/** The reader that is told of cards by events passes the suite of all readers. */
import { type fieldCard, readerConformance } from '@sokkin/testkit';
import { type Held, heldReader } from '../src/index.ts';
import { blankFieldCard } from './scene.ts';

readerConformance('held by a program', async () => {
  const card: ReturnType<typeof fieldCard> = await blankFieldCard(true);
  const { reader, hold } = heldReader();
  let held: Held | undefined;
  return {
    reader,
    lay() {
      held = hold(() => card.tap());
    },
    remove: () => held?.leave(),
    dispose: () => held?.leave(),
  };
});

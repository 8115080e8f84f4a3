/** The suite of all readers over the bridge, in a page; the cards are laid on and taken away by the test outside. */
import { readerConformance } from '@sokkin/testkit/reader-conformance';
import { type Bridge, openBridge } from '../../src/index.ts';
import { runAll } from '../in-browser.ts';

/** Given by the test. */
const outside = (name: 'lay' | 'remove'): Promise<void> => Reflect.get(globalThis, name)();

const sokkin = {
  openBridge,
  runSuite(bridge: Bridge, name: string) {
    readerConformance('bridge', async () => ({
      reader: bridge.reader(name),
      lay: () => outside('lay'),
      remove: () => outside('remove'),
      dispose: () => outside('remove'),
    }));
    return runAll();
  },
};
Object.assign(globalThis, { sokkin });

/** A house for somebody who will kill this process: says pcscd's pid, and waits. */
import { openHouse } from './house.ts';

const house = await openHouse();
process.stdout.write(`${typeof house === 'string' ? house : house.pid}\n`);
setInterval(() => undefined, 60_000);

/**
 * When a process was born, as text that is only ever compared.
 *
 * What must hold here: two processes that had the same id, one after the other, have different births.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Undefined when there is no such process. */
export function birthOf(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || undefined;
  }
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${statFields(pid)[19]}`;
  } catch {
    return undefined;
  }
}

/** The name of the program that a process runs, cut at 15 characters by the kernel. */
export function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** proc(5), /proc/pid/stat from field 3 on; field 2 is the name, which may itself hold ") ". */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

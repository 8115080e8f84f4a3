/**
 * A run of tests that does not end says what it waits for, and ends.
 *
 * A test has its own time limit, but a process that is blocked cannot keep it, and nobody would learn which one it was. When a file has been silent
 * for longer than any test or hook may take, or the run has taken SOKKIN_TEST_MINUTES (40), the files and tests that still run are written to the
 * file that SOKKIN_TEST_UNENDED names, and tests/run.mjs ends the rest.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

const MINUTE = 60_000;
/** Twice what a test or a hook may take (vitest.config.ts). */
const MOST_SILENCE = 10 * MINUTE;
const LOOK_EVERY = MINUTE / 4;

interface Running {
  readonly since: number;
  readonly tests: Set<string>;
  heard: number;
}

export default class Deadline implements Reporter {
  readonly #files = new Map<string, Running>();
  readonly #begun = Date.now();
  readonly #most = Number(process.env.SOKKIN_TEST_MINUTES || 40) * MINUTE;
  readonly #timer = setInterval(() => this.#look(), LOOK_EVERY);
  #passed = 0;
  #failed = 0;

  constructor() {
    this.#timer.unref();
  }

  onTestModuleStart({ moduleId }: TestModule): void {
    const now = Date.now();
    this.#files.set(moduleId, { since: now, heard: now, tests: new Set() });
  }

  onTestModuleEnd({ moduleId }: TestModule): void {
    this.#files.delete(moduleId);
  }

  onTestCaseReady(test: TestCase): void {
    this.#fileOf(test)?.tests.add(test.fullName);
  }

  onTestCaseResult(test: TestCase): void {
    this.#fileOf(test)?.tests.delete(test.fullName);
    const { state } = test.result();
    if (state === 'passed') this.#passed += 1;
    if (state === 'failed') this.#failed += 1;
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
  }

  #fileOf({ module }: TestCase): Running | undefined {
    const file = this.#files.get(module.moduleId);
    if (file !== undefined) file.heard = Date.now();
    return file;
  }

  #look(): void {
    const now = Date.now();
    const isSilent = [...this.#files.values()].some(({ heard }) => now - heard > MOST_SILENCE);
    if (!isSilent && now - this.#begun < this.#most) return;
    clearInterval(this.#timer);
    const unended = [...this.#files].map(([file, { since, tests }]) => ({
      file: relative(process.cwd(), file),
      tests: [...tests],
      seconds: Math.round((now - since) / 1000),
    }));
    const path = process.env.SOKKIN_TEST_UNENDED;
    if (path === undefined) return;
    // Whole, or not there: it is waited for.
    writeFileSync(`${path}.new`, JSON.stringify({ passed: this.#passed, failed: this.#failed, unended }));
    renameSync(`${path}.new`, path);
  }
}

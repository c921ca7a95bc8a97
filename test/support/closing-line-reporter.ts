import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** Ends the output with `N passed, N failed, N skipped`, alone on the last line, for people and scripts. */
export default class ClosingLineReporter implements Reporter {
  private counts = { passed: 0, failed: 0, skipped: 0 };

  onInit(vitest: Vitest): void {
    if (vitest.config.watch) return;
    // At the exit, because the teardown of the global setup may still print; a run that never got to tests failed.
    process.once('exit', (code) => {
      const { passed, failed, skipped } = this.counts;
      const line = `${passed} passed, ${code !== 0 ? Math.max(failed, 1) : failed} failed, ${skipped} skipped`;
      process.stdout.write(`${line}\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    // An error outside of every test fails the run as well.
    this.counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      // A file that could not be loaded has no tests to count.
      if (module.errors().length > 0) this.counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        this.counts[state === 'pending' ? 'skipped' : state] += 1;
      }
    }
  }
}

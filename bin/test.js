#!/usr/bin/env node
// Installs what is missing, builds, runs every tier, and ends with one plain line: `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './build-steps/prepare.js';

const tiers = ['unit', 'integration', 'contract', 'e2e'];
const wanted = process.argv.slice(2).filter((name) => tiers.includes(name));
const isStrict = process.env.PLATFORM_TEST_REQUIRE === 'all';

const treeState = () => {
  const git = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  return git.status === 0 ? git.stdout : '';
};

/** Every child of a test inherits this mark; on Linux what still carries it afterwards was left behind. */
const mark = `platform-test-${process.pid}-${Date.now()}`;

const leftBehind = () => {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`PLATFORM_TEST_RUN=${mark}`);
      } catch {
        return false;
      }
    })
    .map((pid) => ({ pid: Number(pid), what: commandLine(pid) }));
};

const commandLine = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim().slice(0, 200);
  } catch {
    return '';
  }
};

const runTier = (tier, folder) => {
  const file = join(folder, `${tier}.json`);
  process.stderr.write(`\n── ${tier} ──\n`);
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', tier, '--passWithNoTests'];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const env = { ...process.env, PLATFORM_TEST_RUN: mark, XDG_STATE_HOME: join(folder, 'state') };
  const { status } = spawnSync(process.execPath, [...args, ...reporters], { cwd: root, stdio: ['ignore', 2, 2], env });
  const counts = countsOf(file);
  // A failure outside any test (an import, an unhandled rejection) has no test to be counted with.
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
};

const countsOf = (file) => {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
};

// Before the build: a generated file that was not committed is a change of the tree as well.
const before = treeState();
prepare();
const folder = mkdtempSync(join(tmpdir(), 'platform-tests-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const problems = [];
for (const tier of wanted.length > 0 ? wanted : tiers) {
  const counts = runTier(tier, folder);
  for (const key of Object.keys(total)) total[key] += counts[key];
}
for (const { pid, what } of leftBehind()) {
  problems.push(`a process was left behind: ${pid} ${what}`);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
rmSync(folder, { recursive: true, force: true });
if (treeState() !== before) {
  const message = 'the build or the tests changed the working tree (git status differs)';
  if (isStrict) problems.push(message);
  else process.stderr.write(`Note: ${message}.\n`);
}
for (const problem of problems) process.stderr.write(`FAILED: ${problem}\n`);
total.failed += problems.length;
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed > 0 ? 1 : 0;

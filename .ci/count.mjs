/**
 * `node count.mjs FOLDER [NAME...]`: adds up vitest's reports FOLDER/NAME.json, names what failed or was skipped, and ends with
 * the line "N passed, N failed". The names given are those of commands that failed: one whose report names no failed test
 * (types, style, the example, a crash) counts as a failure itself. Exits 1 if anything failed or was skipped, or if nothing ran.
 */
import { readdirSync, readFileSync } from 'node:fs';

const [folder, ...broken] = process.argv.slice(2);

/** The tests of one report by outcome. A test file that could not be read counts as one failed test. */
function outcomes(file) {
  const suites = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')).testResults;
  const tests = suites.flatMap((suite) => suite.assertionResults);
  const named = (test) => test.fullName;
  const failed = tests.filter(({ status }) => status === 'failed').map(named);
  const unread = suites.filter((s) => s.status === 'failed' && !s.assertionResults.some((t) => t.status === 'failed'));
  return {
    passed: tests.filter(({ status }) => status === 'passed').map(named),
    failed: [...failed, ...unread.map(({ name, message }) => `${name}: ${message}`)],
    skipped: tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map(named),
  };
}

const reports = new Map(readdirSync(folder).map((file) => [file.replace(/\.json$/, ''), outcomes(file)]));
const all = (outcome) => [...reports.values()].flatMap((report) => report[outcome]);
const passed = all('passed');
const skipped = all('skipped');
const failed = [...all('failed'), ...broken.filter((name) => !reports.get(name)?.failed.length)];

for (const name of failed) console.log(`failed: ${name}`);
for (const name of skipped) console.log(`skipped: ${name}`);
console.log(
  `${passed.length} passed, ${failed.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
);
process.exit(passed.length > 0 && failed.length === 0 && skipped.length === 0 ? 0 : 1);

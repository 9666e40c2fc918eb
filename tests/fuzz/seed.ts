/** What the fuzz tests are run with: `FUZZ_SEED=… FUZZ_RUNS=…` repeats or lengthens a run. */
const { FUZZ_SEED, FUZZ_RUNS } = process.env;

export const seed = Number(FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
export const runs = Number(FUZZ_RUNS ?? 10_000);

process.stdout.write(`fuzz: FUZZ_SEED=${seed} FUZZ_RUNS=${runs}\n`);

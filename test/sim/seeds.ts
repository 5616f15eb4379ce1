const only = process.env.SIM_SEED
const count = Number(process.env.SIM_SEEDS ?? 300)

/** Seeds of the stories that are told: `SIM_SEED` alone, or the first `SIM_SEEDS`. */
export const seeds: readonly number[] =
  only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)]

/** Real milliseconds that a test may take: for a machine that has much else to do. */
export const longestMs = 600_000
